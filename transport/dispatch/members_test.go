package dispatch_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func described(last uint64, more bool, members ...string) *pb.Reply {
	return &pb.Reply{Body: &pb.Reply_Gathering{Gathering: &pb.GatheringReply{
		Owner: "tom", Members: members, Attributes: names, Created: 7, Last: last, More: more,
	}}}
}

func paged(last uint64, more bool, members ...string) *pb.Reply {
	return &pb.Reply{Body: &pb.Reply_Members{Members: &pb.MembersReply{Members: members, Last: last, More: more}}}
}

// A description of more members than one answer takes goes on with pages, each after the one before. Who left and came back in
// between is there once, where it joined last. What goes wrong on the way is the answer.
//
// Checked by breaking it: it fails when the pages do not go on, and when nobody looks for doubles.
func TestDescribe_ReadsManyInParts(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(described(5, true, "tom", "anna", "jerry"), paged(9, true, "spike", "anna"), failed(im.Retry), paged(12, false, "tyke", "tom"))
	got, err := d.Describe(t.Context(), group)
	if want := []im.UserID{"jerry", "spike", "anna", "tyke", "tom"}; err != nil || !slices.Equal(got.Members, want) || got.Created != 7 {
		t.Errorf("%+v, %v; want members %v", got, err, want)
	}
	var sent []string
	for _, c := range f.calls {
		if m := c.cmd.GetMembers(); m != nil {
			sent = append(sent, fmt.Sprint(m.After, " ", m.Limit))
		}
	}
	if want := []string{"5 10000", "9 10000", "9 10000"}; !slices.Equal(sent, want) || f.calls[0].cmd.GetDescribe().Most != 10_000 {
		t.Errorf("asked for %v, want %v", sent, want)
	}
	d, _ = newDispatcher(described(5, true, "tom"), failed(im.NotFound))
	if _, err := d.Describe(t.Context(), group); im.KindOf(err) != im.NotFound {
		t.Errorf("deleted meanwhile: %v", err)
	}
	d, _ = newDispatcher(described(5, true, "tom"), paged(0, true))
	if got, err := d.Describe(t.Context(), group); err != nil || len(got.Members) != 1 {
		t.Errorf("pages without an end: %v, %v", got, err)
	}
}

// An outline names nobody, even if the actor does.
func TestOutline(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(described(1, false, "tom"), failed(im.NotFound), &pb.Reply{})
	got, err := d.Outline(t.Context(), room)
	if err != nil || got.Owner != "tom" || len(got.Attributes) != 1 || got.Members == nil || len(got.Members) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if c := f.calls[0]; c.to != room || !c.cmd.GetDescribe().GetMemberless() || c.cmd.GetId() != "" {
		t.Errorf("sent %v to %v, want a read", c.cmd, c.to)
	}
	if _, err := d.Outline(t.Context(), room); im.KindOf(err) != im.NotFound {
		t.Errorf("of what is not there: %v", err)
	}
	if _, err := d.Outline(t.Context(), room); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	if _, err := d.Outline(t.Context(), im.User("app", "tom")); im.KindOf(err) != im.Invalid {
		t.Errorf("of a user: %v", err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		after       uint64
		limit, sent int
		reply       *pb.Reply
		want        string
	}{
		{0, 2, 2, paged(4, true, "tom", "anna"), "[tom anna] 4 true"},
		{4, 1 << 40, 10_000, paged(5, false, "jerry"), "[jerry] 5 false"},
		{5, 1, 1, paged(0, false), "[] 5 false"},
	} {
		d, f := newDispatcher(tt.reply)
		p, err := d.Members(t.Context(), room, tt.after, tt.limit)
		if got := fmt.Sprint(p.Members, p.Last, p.More); err != nil || got != tt.want || p.Members == nil {
			t.Errorf("%d after %d: %s, %v; want %s", tt.limit, tt.after, got, err, tt.want)
		}
		want := &pb.Members{After: tt.after, Limit: uint32(tt.sent)}
		if c := f.calls[0]; !proto.Equal(c.cmd.GetMembers(), want) || c.to != room || c.cmd.GetId() != "" {
			t.Errorf("sent %v to %v, want %v", c.cmd, c.to, want)
		}
	}
	d, f := newDispatcher(failed(im.NotFound))
	for _, limit := range []int{0, -1} {
		if p, err := d.Members(t.Context(), room, 0, limit); im.KindOf(err) != im.Invalid || !reflect.ValueOf(p).IsZero() {
			t.Errorf("limit %d: %v, %v", limit, p, err)
		}
	}
	if _, err := d.Members(t.Context(), im.User("app", "tom"), 0, 1); im.KindOf(err) != im.Invalid || len(f.calls) != 0 {
		t.Errorf("of a user: %v, after %d calls", err, len(f.calls))
	}
	if _, err := d.Members(t.Context(), room, 0, 1); im.KindOf(err) != im.NotFound {
		t.Errorf("of what is not there: %v", err)
	}
}
