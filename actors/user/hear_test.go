package user_test

import (
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Who tells what is not its to tell is refused, and so is the whole batch: no verb crosses apps, and a fact comes from
// the one that owns it.
func TestUser_RefusesWhatATellerCannotKnow(t *testing.T) {
	for _, c := range []struct {
		name  string
		from  im.Address
		items []*pb.Told
	}{
		{"a dialog of another app", im.FriendDialog("other", "tom", "jerry"), []*pb.Told{fact(jerry, 1, true)}},
		{"a room of another app", im.Room("other", "lobby"), []*pb.Told{fact(lobby, 1, true)}},
		{"nobody", im.Address{}, []*pb.Told{fact(jerry, 1, true)}},
		{"a dialog of others", im.FriendDialog("app", "spike", "jerry"), []*pb.Told{fact(jerry, 1, true)}},
		{"a dialog, of somebody else", jerry, []*pb.Told{fact(spike, 1, true)}},
		{"a dialog, of a membership", jerry, []*pb.Told{fact(crew, 1, true)}},
		{"a dialog, of an installation", jerry, []*pb.Told{fact(phone, 1, true)}},
		{"a user, of a friendship", im.User("app", "jerry"), []*pb.Told{fact(jerry, 1, true)}},
		{"a user, of a membership", im.User("app", "jerry"), []*pb.Told{fact(crew, 1, true)}},
		{"a group, of a friendship", crew, []*pb.Told{fact(jerry, 1, true)}},
		{"a group, of an installation", crew, []*pb.Told{fact(phone, 1, true)}},
		{"a room, of an installation", lobby, []*pb.Told{fact(phone, 1, true)}},
		{"a device, of a membership", phone, []*pb.Told{fact(crew, 1, true)}},
		{"a device, a message", phone, []*pb.Told{delivery(pb.Source_FRIEND)}},
		{"a dialog, a group's message", jerry, []*pb.Told{delivery(pb.Source_GROUP)}},
		{"a group, a friend's message", crew, []*pb.Told{delivery(pb.Source_FRIEND)}},
		{"a room, a message, which it publishes", lobby, []*pb.Told{delivery(pb.Source_ROOM)}},
		{"a group, nothing", crew, []*pb.Told{{Seq: 1}}},
		{"a group, of a membership and then of an installation", crew, []*pb.Told{fact(crew, 1, true), fact(phone, 1, true)}},
	} {
		if d, err := begin().Decide(tell(c.from, c.items...), 1); im.KindOf(err) != im.Invalid || err == nil || len(d.Events) > 0 {
			t.Errorf("%s: %d events, error %v; want %v alone", c.name, len(d.Events), err, im.Invalid)
		}
	}
}

// Messages go to the sessions in the order in which they were told, together with the facts among them; they create
// nobody.
func TestUser_HandsMessagesToItsSessions(t *testing.T) {
	w := begin()
	first, second := delivery(pb.Source_GROUP), delivery(pb.Source_GROUP)
	d := w.do(t, tell(crew, first, second))
	if len(d.Events) > 0 || !d.Loose {
		t.Errorf("decision = %+v, want a loose one without events", d)
	}
	want := []core.Delivery{{Teller: crew, Body: first.GetDelivery()}, {Teller: crew, Body: second.GetDelivery()}}
	if got := d.Out.Deliver; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("deliveries = %v, want %v", got, want)
	}
	if _, err := w.Decide(profile, 9); im.KindOf(err) != im.NotFound {
		t.Errorf("profile = %v, want %v", err, im.NotFound)
	}
	d = w.do(t, tell(jerry, fact(jerry, 1, true), delivery(pb.Source_FRIEND)))
	if len(d.Events) != 1 || len(d.Out.Deliver) != 1 {
		t.Errorf("decision = %+v, want a note and a delivery", d)
	}
}

// The hub hears of every tell of a room what stands after it, also when the tell is a repeat: the hub may have forgotten.
// It hears of no other kind.
func TestUser_ListensToItsRooms(t *testing.T) {
	w := begin()
	for i, s := range []struct {
		items []*pb.Told
		want  bool
	}{
		{[]*pb.Told{fact(lobby, 1, true)}, true},
		{[]*pb.Told{fact(lobby, 1, true)}, true},
		{[]*pb.Told{fact(lobby, 2, false), fact(lobby, 3, true)}, true},
		{[]*pb.Told{fact(lobby, 2, false)}, true},
		{[]*pb.Told{fact(lobby, 4, false)}, false},
		{[]*pb.Told{fact(lobby, 3, true)}, false},
	} {
		l := w.do(t, tell(lobby, s.items...)).Out.Listen
		if l == nil || l.Only || len(l.Joined)+len(l.Left) != 1 || len(l.Joined) == 1 != s.want {
			t.Errorf("step %d: listens %+v, want that the lobby is joined: %v", i, l, s.want)
		}
	}
	for _, teller := range []im.Address{jerry, crew, phone} {
		if l := w.do(t, tell(teller, fact(teller, 1, true))).Out.Listen; l != nil {
			t.Errorf("%v: listens %+v, want nothing", teller, l)
		}
	}
}
