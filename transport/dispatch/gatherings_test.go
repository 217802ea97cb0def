package dispatch_test

import (
	"context"
	"reflect"
	"regexp"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

var (
	group = im.Group("app", "g1")
	room  = im.Room("app", "r1")
	name  = []dispatch.Attribute{{Name: "name", Value: []byte(`"cats"`)}}
	names = []*pb.Attribute{{Name: "name", Value: []byte(`"cats"`)}}
)

var drawn = regexp.MustCompile(`^[0-9a-f]{32}$`)

func TestCreate_DrawsTheID(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(&pb.Reply{}, &pb.Reply{})
	g, err := d.CreateGroup(t.Context(), "app", dispatch.NewGathering{Owner: "tom", Members: []im.UserID{"jerry"}, Attributes: name})
	if err != nil || !drawn.MatchString(string(g)) || f.calls[0].to != im.Group("app", g) {
		t.Errorf("CreateGroup = %q, %v; sent to %v", g, err, f.calls[0].to)
	}
	want := &pb.CreateGathering{Owner: "tom", Members: []string{"jerry"}, Attributes: names}
	if got := f.calls[0].cmd; !proto.Equal(got.GetCreateGathering(), want) || got.GetId() == "" {
		t.Errorf("sent %v, want %v with an id", got, want)
	}
	r, err := d.CreateRoom(t.Context(), "app", dispatch.NewGathering{})
	if err != nil || !drawn.MatchString(string(r)) || f.calls[1].to != im.Room("app", r) || string(r) == string(g) {
		t.Errorf("CreateRoom = %q, %v; sent to %v", r, err, f.calls[1].to)
	}
}

// Whoever asks again for what may be done already asks the same address with the same id.
func TestCreate_RetriesTheSameCreation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, f := newDispatcher(failed(im.Retry), nil, &pb.Reply{})
		g, err := d.CreateGroup(t.Context(), "app", dispatch.NewGathering{Owner: "tom"})
		if err != nil || len(f.calls) != 3 {
			t.Fatalf("%v after %d calls", err, len(f.calls))
		}
		for i, c := range f.calls {
			if c.to != im.Group("app", g) || c.cmd.GetId() != f.calls[0].cmd.GetId() || c.cmd.GetRetried() != (i > 0) {
				t.Errorf("attempt %d: %v to %v", i, c.cmd, c.to)
			}
		}
	})
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(&pb.Reply{Body: &pb.Reply_Gathering{Gathering: &pb.GatheringReply{
		Owner: "tom", Members: []string{"tom", "anna"}, Attributes: names, Created: 7,
	}}}, &pb.Reply{})
	got, err := d.Describe(t.Context(), group)
	want := dispatch.Gathering{Owner: "tom", Members: []im.UserID{"tom", "anna"}, Attributes: name, Created: 7}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Describe = %+v, %v; want %+v", got, err, want)
	}
	if c := f.calls[0]; c.to != group || c.cmd.GetDescribe() == nil || c.cmd.GetId() != "" {
		t.Errorf("sent %v to %v, want a read", c.cmd, c.to)
	}
	if got, err := d.Describe(t.Context(), room); err != nil || got.Members == nil || got.Attributes == nil {
		t.Errorf("of an empty room: %+v, %v; want lists", got, err)
	}
}

// One row is one method and the command that it sends.
func TestChanges_AreDurableCommands(t *testing.T) {
	t.Parallel()
	users := []im.UserID{"anna", "jerry"}
	for _, tt := range []struct {
		name string
		at   im.Address
		do   func(context.Context, *dispatch.Dispatcher) error
		want *pb.Command
	}{
		{
			"change", group,
			func(ctx context.Context, d *dispatch.Dispatcher) error {
				return d.Change(ctx, group, dispatch.Change{Owner: "anna", Attributes: name, Members: users, ReplaceMembers: true})
			},
			&pb.Command{Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{
				Owner: "anna", Attributes: names, Members: []string{"anna", "jerry"}, ReplaceMembers: true,
			}}},
		},
		{
			"change nothing", room,
			func(ctx context.Context, d *dispatch.Dispatcher) error { return d.Change(ctx, room, dispatch.Change{}) },
			&pb.Command{Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{}}},
		},
		{
			"add members", room,
			func(ctx context.Context, d *dispatch.Dispatcher) error { return d.AddMembers(ctx, room, users) },
			&pb.Command{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: []string{"anna", "jerry"}}}},
		},
		{
			"remove members", group,
			func(ctx context.Context, d *dispatch.Dispatcher) error { return d.RemoveMembers(ctx, group, users) },
			&pb.Command{Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: []string{"anna", "jerry"}}}},
		},
		{
			"delete", room,
			func(ctx context.Context, d *dispatch.Dispatcher) error { return d.Delete(ctx, room) },
			&pb.Command{Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}},
		},
	} {
		d, f := newDispatcher(&pb.Reply{}, failed(im.Full))
		if err := tt.do(t.Context(), d); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		got := f.calls[0]
		if got.cmd.GetId() == "" || got.to != tt.at {
			t.Errorf("%s: id %q, to %v", tt.name, got.cmd.GetId(), got.to)
		}
		got.cmd.Id, got.cmd.Call = "", 0
		if !proto.Equal(got.cmd, tt.want) {
			t.Errorf("%s: sent %v, want %v", tt.name, got.cmd, tt.want)
		}
		if err := tt.do(t.Context(), d); im.KindOf(err) != im.Full || len(f.calls) != 2 {
			t.Errorf("%s: %v, want the refusal", tt.name, err)
		}
	}
}

func TestGatherings_RefuseIllegalIDsWithoutSending(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher()
	ctx := t.Context()
	created := func(_ any, err error) error { return err }
	bad := []im.UserID{"tom", "a:b"}
	refused := map[string]error{
		"group without owner": created(d.CreateGroup(ctx, "app", dispatch.NewGathering{})),
		"illegal owner":       created(d.CreateGroup(ctx, "app", dispatch.NewGathering{Owner: "a:b"})),
		"illegal member":      created(d.CreateGroup(ctx, "app", dispatch.NewGathering{Owner: "tom", Members: bad})),
		"illegal app":         created(d.CreateGroup(ctx, "", dispatch.NewGathering{Owner: "tom"})),
		"room with owner":     created(d.CreateRoom(ctx, "app", dispatch.NewGathering{Owner: "tom"})),
		"change to an owner":  d.Change(ctx, room, dispatch.Change{Owner: "tom"}),
		"change, bad owner":   d.Change(ctx, group, dispatch.Change{Owner: "a b"}),
		"change, bad member":  d.Change(ctx, group, dispatch.Change{Members: bad, ReplaceMembers: true}),
		"add":                 d.AddMembers(ctx, group, bad),
		"remove":              d.RemoveMembers(ctx, room, bad),
	}
	for _, at := range []im.Address{
		im.User("app", "tom"), im.FriendDialog("app", "a", "b"), im.Group("app", ""), im.Room("app", "a\x00b"), im.Group("", "g1"), {},
	} {
		refused["describe "+at.String()] = created(d.Describe(ctx, at))
		refused["delete "+at.String()] = d.Delete(ctx, at)
		refused["change "+at.String()] = d.Change(ctx, at, dispatch.Change{})
		refused["add to "+at.String()] = d.AddMembers(ctx, at, nil)
	}
	for name, err := range refused {
		if err == nil || im.KindOf(err) != im.Invalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if len(f.calls) != 0 {
		t.Errorf("%d commands were sent", len(f.calls))
	}
}
