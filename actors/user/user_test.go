package user_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var tellers = rapid.SampledFrom([]im.Address{
	jerry, spike, crew, lobby, phone, im.Group("app", "lobby"), im.Room("app", "hall"), im.Device("app", "tablet"),
	eve, visitor, im.PassengerDialog("app", "eve", "tom"),
})

var commands = rapid.Custom(func(t *rapid.T) *pb.Command {
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		return login("phone")
	case 1:
		return profile
	case 2, 3:
		return coretest.AttributeCommands(t)
	case 4:
		return coretest.System()
	default:
		teller := tellers.Draw(t, "teller")
		var items []*pb.Told
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			items = append(items, fact(teller, rapid.Uint64Range(1, 9).Draw(t, "seq"), rapid.Bool().Draw(t, "holds")))
		}
		return tell(teller, items...)
	}
})

// Whatever a user does and is told, the log alone gives the same state again.
func TestUser_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return user.New(address) }, commands)
}

// A login creates the user once; reading an unknown one creates nothing.
func TestUser_LoginCreatesOnce(t *testing.T) {
	w := begin()
	if _, err := w.Decide(profile, 1); im.KindOf(err) != im.NotFound {
		t.Errorf("profile before login: %v, want %v", err, im.NotFound)
	}
	for i, want := range []int{1, 0} {
		d := w.do(t, login(""))
		if len(d.Events) != want || d.Reply.GetLogin() == nil || !d.Loose {
			t.Errorf("login %d = %+v, want a loose one of %d events", i, d, want)
		}
	}
	if got := w.lists(t); got != "; ; ; " {
		t.Errorf("lists = %q, want empty ones", got)
	}
}

// A login lets the sessions listen to exactly the user's rooms, and says whether the installation is the user's.
func TestUser_LoginKnowsRoomsAndInstallation(t *testing.T) {
	w := begin()
	w.do(t, tell(lobby, fact(lobby, 1, true)))
	w.do(t, tell(im.Room("app", "hall"), fact(lobby, 1, true)))
	w.do(t, tell(im.Room("app", "attic"), fact(lobby, 1, true), fact(lobby, 2, false)))
	w.do(t, tell(phone, fact(phone, 1, true)))
	w.do(t, tell(im.Device("app", "tablet"), fact(phone, 1, true), fact(phone, 2, false)))
	for install, want := range map[string]bool{"phone": true, "tablet": false, "desktop": false, "": false} {
		d := w.do(t, login(install))
		if got := d.Reply.GetLogin().GetBound(); got != want {
			t.Errorf("login with %q: bound = %v, want %v", install, got, want)
		}
		l := d.Out.Listen
		if l == nil || !l.Only || !slices.Equal(l.Joined, []im.RoomID{"hall", "lobby"}) || len(l.Left) > 0 {
			t.Errorf("login with %q: listens %+v, want only to hall and lobby", install, l)
		}
	}
}

// A fact makes the user, and what is told last stands in its lists, sorted by id; a reply does not change afterwards.
func TestUser_ProfileListsWhatHolds(t *testing.T) {
	w := begin()
	for _, teller := range []im.Address{spike, jerry, crew, im.Group("app", "band"), lobby, phone} {
		w.do(t, tell(teller, fact(teller, 1, true)))
	}
	if got, want := w.lists(t), "jerry spike; band crew; lobby; phone"; got != want {
		t.Errorf("lists = %q, want %q", got, want)
	}
	reply := w.do(t, profile).Reply.GetProfile()
	was := proto.Clone(reply)
	for _, teller := range []im.Address{jerry, crew, lobby, phone} {
		w.do(t, tell(teller, fact(teller, 2, false)))
	}
	if got, want := w.lists(t), "spike; band; ; "; got != want {
		t.Errorf("lists = %q, want %q", got, want)
	}
	if !proto.Equal(reply, was) {
		t.Errorf("reply has become %v, was %v", reply, was)
	}
}
