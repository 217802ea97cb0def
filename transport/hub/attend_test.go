package hub_test

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
)

// Whatever others need to know is reported when it changes, and only then: that a user has sessions, how many are admitted,
// and whether one is loud; also of a passenger.
//
// Checked by breaking it: it fails when only a user's first session is reported, and when one is that entered beside another.
func TestHub_ReportsChanges(t *testing.T) {
	t.Parallel()
	for _, who := range []im.Address{im.User(app, jerry), im.Passenger(app, "p")} {
		f := newFixture()
		a, b := &session{id: "a"}, &session{id: "b"}
		name := who.Kind.String() + " " + who.ID + ": "
		step := func(what, want string, do func(im.Address, hub.Session), s *session) {
			t.Helper()
			do(who, s)
			if want != "" {
				want = name + want
			}
			if got := f.changed(); got != want {
				t.Errorf("%v: %s: reported %q, want %q", who, what, got, want)
			}
		}
		quiet := func(who im.Address, s hub.Session) { f.Enter(who, s, false) }
		loud := func(who im.Address, s hub.Session) { f.Enter(who, s, true) }
		step("stranger leaves", "", f.Leave, a)
		step("first enters", "true 0 false", quiet, a)
		step("first is admitted", "true 1 false", f.Admit, a)
		step("again", "", f.Admit, a)
		step("second enters, loud", "", loud, b)
		step("second is admitted", "true 2 true", f.Admit, b)
		step("first leaves", "true 1 true", f.Leave, a)
		step("again", "", f.Leave, a)
		step("second leaves", "false 0 false", f.Leave, b)
		step("enters", "true 0 false", quiet, a)
		step("another enters", "", quiet, b)
		step("leaves without being admitted", "", f.Leave, a)
		step("so does the other", "false 0 false", f.Leave, b)
	}
}

// A room is reported when the first user listens, and when the last does no more; with the user's last session, before the
// user is.
func TestHub_ReportsRooms(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j, e := &session{id: "j"}, &session{id: "e"}
	join(f.Hub, app, jerry, j)
	join(f.Hub, app, "eve", e)
	f.changed()
	step := func(what, want string, do func()) {
		t.Helper()
		do()
		if got := f.changed(); got != want {
			t.Errorf("%s: reported %q, want %q", what, got, want)
		}
	}
	step("jerry listens", "room lounge: true 0 false", func() { f.Listen(im.User(app, jerry), true, rooms("lounge"), nil) })
	step("again", "", func() { f.Listen(im.User(app, jerry), true, rooms("lounge"), nil) })
	step("eve, too", "", func() { f.Listen(im.User(app, "eve"), true, rooms("lounge"), nil) })
	step("jerry does not", "", func() { f.Listen(im.User(app, jerry), false, nil, rooms("lounge")) })
	step("eve goes", "room lounge: false 0 false, user eve: false 0 false", func() { f.Leave(im.User(app, "eve"), e) })
}

// Eviction closes the sessions of one user, and leaves them in until they go.
func TestHub_EvictCloses(t *testing.T) {
	t.Parallel()
	f := newFixture()
	a, b, other := &session{id: "a"}, &session{id: "b"}, &session{id: "o"}
	join(f.Hub, app, jerry, a)
	f.Enter(im.User(app, jerry), b, false)
	join(f.Hub, app, "bob", other)
	f.Evict(im.User(app, jerry))
	f.Evict(im.User(app, "nobody"))
	if !a.closed || !b.closed || other.closed {
		t.Errorf("closed: %v %v, another's: %v", a.closed, b.closed, other.closed)
	}
	if n := f.Sessions(app, jerry); n != 1 {
		t.Errorf("%d sessions are in, want 1", n)
	}
}

// Presence goes to the admitted sessions of one user, in one frame.
func TestHub_Announce(t *testing.T) {
	t.Parallel()
	f := newFixture()
	a, b, entered, other := &session{id: "a"}, &session{id: "b"}, &session{id: "e"}, &session{id: "o"}
	join(f.Hub, app, jerry, a)
	join(f.Hub, app, jerry, b)
	f.Enter(im.User(app, jerry), entered, false)
	join(f.Hub, app, "bob", other)
	f.Announce(im.User(app, jerry), announcement("tom", true))
	f.Announce(im.User(app, jerry), announcement("tom", false))
	f.Announce(im.User(app, "nobody"), announcement("tom", true))
	for _, s := range []*session{a, b} {
		want(t, s, `42/chat,["online","tom"]`, `42/chat,["offline","tom"]`)
	}
	want(t, entered)
	want(t, other)
	if &a.frames[0][0] != &b.frames[0][0] {
		t.Error("the frame was made twice")
	}
	if got := fmt.Sprint(f.counts.counts); got != "map[offline:2 online:2]" {
		t.Errorf("counted %s", got)
	}
}

// announcement says of one friend, as news, that it is online or not.
func announcement(friend string, online bool) *pb.Announce {
	if online {
		return &pb.Announce{Online: []string{friend}}
	}
	return &pb.Announce{Offline: []string{friend}}
}
