package hub_test

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/im"
)

// Only the first admitted session and the end of the last one change whether a user is there.
func TestHub_TellsOfTheFirstAndTheLast(t *testing.T) {
	t.Parallel()
	f := newFixture()
	a, b := &session{id: "a"}, &session{id: "b"}
	told := 0
	step := func(name string, attended bool, calls int, do func(im.AppID, im.UserID, *session), s *session) {
		t.Helper()
		do(app, jerry, s)
		if told += calls; len(f.attendance) != told {
			t.Errorf("%s: told %d times, want %d", name, len(f.attendance), told)
		}
		if got := f.Attended(im.User(app, jerry)); got != attended {
			t.Errorf("%s: Attended = %v, want %v", name, got, attended)
		}
	}
	enter := func(app im.AppID, u im.UserID, s *session) { f.Enter(im.User(app, u), s, false) }
	admit := func(app im.AppID, u im.UserID, s *session) { f.Admit(im.User(app, u), s) }
	leave := func(app im.AppID, u im.UserID, s *session) { f.Leave(im.User(app, u), s) }
	step("stranger leaves", false, 0, leave, a)
	step("first enters", false, 0, enter, a)
	step("first is admitted", true, 1, admit, a)
	step("again", true, 0, admit, a)
	step("second enters", true, 0, enter, b)
	step("second is admitted", true, 0, admit, b)
	step("first leaves", true, 0, leave, a)
	step("again", true, 0, leave, a)
	step("second leaves", false, 1, leave, b)
	step("enters", false, 0, enter, a)
	step("leaves without being admitted", false, 0, leave, a)
	if got := fmt.Sprint(f.attendance); got != "[jerry jerry]" {
		t.Errorf("told of %s", got)
	}
	if f.Attended(im.Group(app, "jerry")) || f.Attended(im.Address{}) {
		t.Error("what has no sessions is attended")
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
	f.Announce(im.User(app, jerry), tom, true)
	f.Announce(im.User(app, jerry), tom, false)
	f.Announce(im.User(app, "nobody"), tom, true)
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
