package dispatch_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

var news = dispatch.SystemMessage{Media: 1, Body: []byte(`"x"`), Remark: "r", Push: []byte(`{}`)}

// bearers are those that have attributes, and to whom the app may speak.
var bearers = []im.Address{im.User("app", "tom"), im.Passenger("app", "p"), im.Group("app", "g"), im.Room("app", "r")}

var attributes = []dispatch.Attribute{{Name: "a", Value: []byte(`1`)}, {Name: "b", Value: []byte(`null`)}}

// A change of attributes goes as it is to whoever bears them, under an id, and is answered as the actor says.
func TestSetAttributes(t *testing.T) {
	t.Parallel()
	for _, at := range bearers {
		d, f := newDispatcher(failed(im.Retry), &pb.Reply{}, failed(im.TooLong))
		c := dispatch.AttributeChange{Replace: true, Set: attributes, Unset: []string{"c", "\xff"}}
		if err := d.SetAttributes(t.Context(), at, c); err != nil {
			t.Fatal(err)
		}
		want := &pb.SetAttributes{Replace: true, Set: []*pb.Attribute{{Name: "a", Value: []byte(`1`)}, {Name: "b", Value: []byte(`null`)}}, Unset: []string{"c"}}
		if got := f.calls[1]; got.to != at || !proto.Equal(got.cmd.GetSetAttributes(), want) || got.cmd.GetId() == "" || got.cmd.GetId() != f.calls[0].cmd.GetId() {
			t.Errorf("%v: sent %v, want %v", at, got.cmd, want)
		}
		if err := d.SetAttributes(t.Context(), at, c); im.KindOf(err) != im.TooLong {
			t.Errorf("%v: %v, want too long", at, err)
		}
	}
}

// A passenger is welcomed under its id, or under one that is drawn for it, with what it brings; reading it gives that back.
func TestWelcome(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(&pb.Reply{}, &pb.Reply{}, &pb.Reply{}, failed(im.TooLong))
	given, err := d.Welcome(t.Context(), "app", "p", attributes)
	if err != nil || given != "p" || f.calls[0].to != im.Passenger("app", "p") || len(f.calls[0].cmd.GetLogin().GetAttributes()) != 2 {
		t.Errorf("welcomed %q, %v, by %v", given, err, f.calls[0].cmd)
	}
	one, err1 := d.Welcome(t.Context(), "app", "", nil)
	two, err2 := d.Welcome(t.Context(), "app", "", nil)
	if err1 != nil || err2 != nil || one == two || len(one) != 32 || f.calls[1].to != im.Passenger("app", one) {
		t.Errorf("drew %q and %q, %v, %v", one, two, err1, err2)
	}
	if p, err := d.Welcome(t.Context(), "app", "", nil); im.KindOf(err) != im.TooLong || p != "" {
		t.Errorf("refused: %q, %v", p, err)
	}
	profile := &pb.ProfileReply{
		Attributes: []*pb.Attribute{{Name: "a", Value: []byte(`1`)}}, Contacts: []*pb.Contact{{Relation: "passenger", Peer: "tom", Since: 7}},
	}
	d, f = newDispatcher(&pb.Reply{Body: &pb.Reply_Profile{Profile: profile}}, &pb.Reply{Body: &pb.Reply_Profile{Profile: profile}}, failed(im.NotFound))
	want := dispatch.Passenger{
		Attributes: []dispatch.Attribute{{Name: "a", Value: []byte(`1`)}},
		Contacts:   []dispatch.Contact{{Relation: im.PassengerRelation, Peer: "tom", Since: 7}},
	}
	if got, err := d.Passenger(t.Context(), "app", "p"); err != nil || !reflect.DeepEqual(got, want) || f.calls[0].to != im.Passenger("app", "p") {
		t.Errorf("Passenger = %+v, %v; want %+v", got, err, want)
	}
	if got, err := d.Profile(t.Context(), "app", "tom"); err != nil || !reflect.DeepEqual(got.Attributes, want.Attributes) || !reflect.DeepEqual(got.Contacts, want.Contacts) {
		t.Errorf("Profile = %+v, %v; want the same attributes and contacts", got, err)
	}
	if _, err := d.Passenger(t.Context(), "app", "p"); im.KindOf(err) != im.NotFound || err == nil {
		t.Errorf("nobody: %v", err)
	}
}

// What the app says is sent to its receiver; to a group under an id, until it is stored. What is live is sent again only
// where it cannot have been heard.
func TestSystem(t *testing.T) {
	t.Parallel()
	for _, to := range bearers {
		synctest.Test(t, func(t *testing.T) {
			d, f := newDispatcher(failed(im.Retry), &pb.Reply{}, failed(im.NotFound), failed(im.Unavailable), &pb.Reply{})
			if err := d.System(t.Context(), to, news); err != nil {
				t.Fatal(err)
			}
			want := &pb.System{Content: &pb.Content{Media: 1, Body: []byte(`"x"`)}, Remark: "r", Push: []byte(`{}`)}
			got := f.calls[1]
			if stored := to.Kind == im.KindGroup; got.to != to || !proto.Equal(got.cmd.GetSystem(), want) || (got.cmd.GetId() != "") != stored {
				t.Errorf("%v: sent %v", to, got.cmd)
			}
			if err := d.System(t.Context(), to, news); im.KindOf(err) != im.NotFound {
				t.Errorf("%v: %v, want not found", to, err)
			}
			if err := d.System(t.Context(), to, news); (err == nil) != (to.Kind == im.KindGroup) {
				t.Errorf("%v: no answer in time gives %v", to, err)
			}
		})
	}
}

// What is said to all goes to all sessions of the app, with a stamp and no receiver.
func TestSystemToAll(t *testing.T) {
	t.Parallel()
	var got *pb.Delivery
	d := dispatch.New(dispatch.Options{
		Actors: &fakeActors{}, Now: func() im.Millis { return 7 },
		Broadcast: func(app im.AppID, d *pb.Delivery) {
			if app == "app" {
				got = d
			}
		},
	})
	if err := d.SystemToAll(t.Context(), "app", news); err != nil {
		t.Fatal(err)
	}
	want := &pb.Delivery{System: true, Ts: 7, Said: &pb.Said{Content: &pb.Content{Media: 1, Body: []byte(`"x"`)}, Remark: "r", Push: []byte(`{}`)}}
	if !proto.Equal(got, want) {
		t.Errorf("broadcast %v, want %v", got, want)
	}
	d, _ = newDispatcher()
	if err := d.SystemToAll(t.Context(), "app", news); err != nil {
		t.Errorf("to nobody: %v", err)
	}
}

func TestClearHistory(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(&pb.Reply{}, failed(im.NotFound))
	group := im.Group("app", "g")
	if err := d.ClearHistory(t.Context(), group); err != nil || f.calls[0].to != group || f.calls[0].cmd.GetClearHistory() == nil || f.calls[0].cmd.GetId() == "" {
		t.Errorf("%v, sent %v", err, f.calls[0].cmd)
	}
	if err := d.ClearHistory(t.Context(), group); im.KindOf(err) != im.NotFound {
		t.Errorf("%v, want not found", err)
	}
}

// What is malformed is not sent.
func TestApp_RefusesWhatIsMalformed(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher()
	ctx, foul := t.Context(), []dispatch.Attribute{{Name: "\xff", Value: []byte(`1`)}}
	_, longID := d.Welcome(ctx, "app", im.PassengerID(strings.Repeat("x", im.MaxIDLen+1)), nil)
	_, foulWelcome := d.Welcome(ctx, "app", "p", foul)
	_, foulGroup := d.CreateGroup(ctx, "app", dispatch.NewGathering{Owner: "tom", Attributes: foul})
	_, forged := d.Passenger(ctx, "app", "a:b")
	for name, err := range map[string]error{
		"attributes of a dialog":     d.SetAttributes(ctx, im.FriendDialog("app", "a", "b"), dispatch.AttributeChange{}),
		"attributes of a foul user":  d.SetAttributes(ctx, im.User("app", "a b"), dispatch.AttributeChange{}),
		"attributes with foul names": d.SetAttributes(ctx, im.User("app", "tom"), dispatch.AttributeChange{Set: foul}),
		"a group with foul names":    foulGroup,
		"a change to foul names":     d.Change(ctx, im.Group("app", "g"), dispatch.Change{Attributes: foul}),
		"a long passenger":           longID,
		"a passenger of foul names":  foulWelcome,
		"a forged passenger":         forged,
		"news without a body":        d.System(ctx, im.User("app", "tom"), dispatch.SystemMessage{}),
		"news for a device":          d.System(ctx, im.Device("app", "i"), news),
		"news for all, empty":        d.SystemToAll(ctx, "app", dispatch.SystemMessage{}),
		"news for no app":            d.SystemToAll(ctx, "", news),
		"a room's history":           d.ClearHistory(ctx, im.Room("app", "r")),
		"a foul group's history":     d.ClearHistory(ctx, im.Group("app", "a b")),
	} {
		if err == nil || im.KindOf(err) != im.Invalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if len(f.calls) > 0 {
		t.Errorf("%d commands were sent", len(f.calls))
	}
}
