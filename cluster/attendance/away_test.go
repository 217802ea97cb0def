package attendance_test

import (
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
)

// wantAway checks what a node says of a user: "away", "there", or "unsure".
func wantAway(t *testing.T, n *node, who im.Address, want string) {
	t.Helper()
	got := "unsure"
	if away, certain := n.Away(who); certain {
		got = map[bool]string{true: "away", false: "there"}[away]
	}
	if got != want {
		t.Errorf("%s says that %s is %s, want %s", n.name, who.ID, got, want)
	}
}

// A new owner is certain that a user is away when all nodes have told who is there, and as much time has passed as a user has
// to come back; of who was there before, when its actor has taken over. Nobody else says anything.
//
// Checked by breaking it: it fails when an owner is certain at once, and when it does not look for those who are to be woken.
func TestAway_OwnerIsCertainAfterAWhile(t *testing.T) {
	w := settled(t)
	w.wait(attendance.AwayTime)
	wantAway(t, w.node("a"), tom, "away")
	s := w.join("c", tom)
	w.flow()
	wantAway(t, w.node("a"), tom, "there")

	w.elect("b", 2)
	w.flow()
	b, eve := w.node("b"), im.User(app, "eve")
	wantAway(t, b, eve, "unsure")
	w.wait(attendance.AwayTime - time.Millisecond)
	wantAway(t, b, eve, "unsure")
	w.wait(time.Millisecond)
	wantAway(t, b, eve, "away")
	wantAway(t, b, tom, "unsure")
	b.TakeOver(tom)
	wantAway(t, b, tom, "there")
	s.node.hub.leave(s)
	w.enter("c", eve)
	w.flow()
	wantAway(t, b, tom, "away")
	wantAway(t, b, eve, "unsure")
	wantAway(t, w.node("a"), tom, "unsure")
}

// While a node that is linked has yet to tell who is there, or one was lost a moment ago that had somebody, nobody is known to be
// away; of a node that is gone, everybody is.
//
// Checked by breaking it: it fails when columns are not looked at.
func TestAway_NotWhileANodeIsWaitedFor(t *testing.T) {
	w := trio()
	w.join("c", tom)
	for _, n := range []string{"a", "b"} {
		w.learn(w.node(n), "a", 1)
	}
	a := w.node("a")
	w.wait(attendance.GatherTime + attendance.AwayTime)
	wantAway(t, a, tom, "unsure")
	w.learn(w.node("c"), "a", 1)
	w.flow()
	a.TakeOver(tom)
	wantAway(t, a, tom, "there")
	w.part("a", "c")
	wantAway(t, a, tom, "unsure")
	w.wait(attendance.LostTime)
	wantAway(t, a, tom, "away")
}

// A node alone is certain at once.
func TestAway_Alone(t *testing.T) {
	w := newWorld("a")
	w.elect("a", 1)
	wantAway(t, w.node("a"), tom, "away")
	w.join("a", tom)
	wantAway(t, w.node("a"), tom, "there")
}
