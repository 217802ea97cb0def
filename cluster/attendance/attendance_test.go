package attendance_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var tom = im.User(app, "tom")

// settled returns a trio whose shards are all owned by a, which has heard everybody.
func settled(t *testing.T) *world {
	t.Helper()
	w := trio()
	w.elect("a", 1)
	w.flow()
	return w
}

// A node alone hands everything to its hub at once.
func TestAttendance_AloneIsDoneAtOnce(t *testing.T) {
	w := newWorld("a")
	a := w.node("a")
	w.elect("a", 1)
	s := w.join("a", tom)
	wantTaken(t, a.listen(tom, "lounge"))
	wantTaken(t, a.deliver(tom, 1))
	wantGot(t, s, 1)
	if !a.Attended(tom) || a.Sessions(tom) != 1 || a.NotifiesAll(tom) || !a.Attended(im.Room(app, "lounge")) {
		t.Error("it does not know who is there")
	}
	if !slices.Equal(a.nudged, []im.Address{tom}) {
		t.Errorf("nudged %v", a.nudged)
	}
	a.hub.leave(s)
	if a.Attended(tom) || a.Attended(im.Room(app, "lounge")) || a.Held() != 0 {
		t.Errorf("tom went, and %d things are kept", a.Held())
	}
}

// A delivery of several nodes is done when the last of them has taken it; nodes without the user get nothing.
func TestDeliver_IsDoneWhenAllNodesHaveIt(t *testing.T) {
	w := settled(t)
	b, c := w.join("b", tom), w.join("c", tom)
	w.flow()
	d := w.node("a").deliver(tom, 1)
	wantOpen(t, d)
	w.step("a", "b")
	w.step("b", "a")
	wantOpen(t, d)
	w.flow()
	wantTaken(t, d)
	wantGot(t, b, 1)
	wantGot(t, c, 1)
	w.node("c").hub.leave(c)
	w.flow()
	clear(w.crossed)
	wantOpen(t, w.node("a").deliver(tom, 2))
	w.flow()
	if n := w.crossed["*parleyv1.Frame_Deliver to c"]; n != 0 {
		t.Errorf("%d deliveries went to c, where nobody is", n)
	}
}

// A login's Enter is announced before anything that is sent behind it, also while an earlier change is not answered.
func TestChanged_IsAnnouncedAtOnce(t *testing.T) {
	w := settled(t)
	for i := range 3 {
		w.enter("b", im.User(app, im.UserID(fmt.Sprint("u", i))))
		if n := len(w.wires[[2]string{"b", "a"}].frames); n != i+1 {
			t.Fatalf("%d frames are on their way after %d changes", n, i+1)
		}
	}
}

// Of a node that does not answer, or whose link breaks, nobody knows what it has taken; of one whose link has no room, neither.
func TestDeliver_UnansweredIsUnavailable(t *testing.T) {
	t.Run("time", func(t *testing.T) {
		w := settled(t)
		w.join("b", tom)
		w.flow()
		d := w.node("a").deliver(tom, 1)
		for w.clock.next(attendance.AnswerTime - 1) {
		}
		wantOpen(t, d)
		for w.clock.next(attendance.AnswerTime * 5 / 4) {
		}
		wantDone(t, d, im.Unavailable)
		w.flow() // the answer that comes after all is dropped
	})
	t.Run("link", func(t *testing.T) {
		w := settled(t)
		w.join("b", tom)
		w.flow()
		d := w.node("a").deliver(tom, 1)
		w.part("a", "b")
		wantDone(t, d, im.Unavailable)
	})
	t.Run("room", func(t *testing.T) {
		w := settled(t)
		w.join("b", tom)
		w.flow()
		w.wires[[2]string{"a", "b"}].full = true
		wantDone(t, w.node("a").deliver(tom, 1), im.Unavailable)
	})
	t.Run("count", func(t *testing.T) {
		w := settled(t)
		w.join("b", tom)
		w.flow()
		for i := range attendance.MaxOpen {
			wantOpen(t, w.node("a").deliver(tom, uint64(i+1)))
		}
		wantDone(t, w.node("a").deliver(tom, attendance.MaxOpen+1), im.Unavailable)
	})
}

// What nobody must take reaches each node that it concerns once: a room's message those with listeners, presence those of
// the user, what is for all every node. Only the actor that says it may wait for listeners, those of its own node.
//
// Checked by breaking it: it fails when Receive publishes.
func TestPublish_CrossesOncePerNode(t *testing.T) {
	w := settled(t)
	a, room := w.node("a"), im.Room(app, "lounge")
	var all []*session
	for i := range 9 {
		s := w.join([]string{"a", "b", "b"}[i%3], im.User(app, im.UserID(fmt.Sprint("u", i))))
		all = append(all, s)
		w.flow()
		wantListening(t, w, a, s.who, "lounge")
	}
	clear(w.crossed)
	a.Publish(room, im.Epoch{Term: 1}, &pb.Delivery{Said: &pb.Said{Remark: "hi"}})
	announce(t, a, all[1].who)
	a.Proclaim(all[0].who, true, []im.UserID{"eve"})
	w.node("c").Broadcast(app, &pb.Delivery{Said: &pb.Said{Remark: "news"}})
	w.flow()
	for _, s := range all {
		if !slices.Equal(s.said, []string{"hi"}) {
			t.Errorf("session %d heard %q", s.id, s.said)
		}
	}
	got := fmt.Sprint(w.crossed)
	want := "map[*parleyv1.Frame_Announce to b:1 *parleyv1.Frame_Broadcast to a:1 *parleyv1.Frame_Broadcast to b:1 " +
		"*parleyv1.Frame_Proclaim to b:1 *parleyv1.Frame_Proclaim to c:1 *parleyv1.Frame_Publish to b:1]"
	if got != want {
		t.Errorf("crossed %s, want %s", got, want)
	}
	if here, there := a.hub.waited, w.node("b").hub.waited; here != 1 || there != 0 {
		t.Errorf("%d messages might wait for listeners here and %d there, want 1 and none", here, there)
	}
}

func wantListening(t *testing.T, w *world, owner *node, who im.Address, room im.RoomID) {
	t.Helper()
	l := owner.listen(who, room)
	w.flow()
	wantTaken(t, l)
}

// On a node that does not own the user, what must be taken is refused, and what may be lost is dropped.
func TestAttendance_OnlyTheOwnerSpeaks(t *testing.T) {
	w := settled(t)
	s := w.join("b", tom)
	w.flow()
	b := w.node("b")
	wantDone(t, b.deliver(tom, 1), im.Retry)
	wantDone(t, b.listen(tom, "lounge"), im.Retry)
	wantDone(t, call(func(done func(error)) (bool, error) { return b.Settle(tom, done) }), im.Retry)
	b.Publish(im.Room(app, "lounge"), im.Epoch{}, &pb.Delivery{})
	if b.Attended(tom) || b.Sessions(tom) != 0 {
		t.Error("b answers for what it does not own")
	}
	w.elect("", 1)
	wantDone(t, w.node("a").deliver(tom, 1), im.Retry)
	wantGot(t, s)
}

// The owner sums up all nodes, and nudges a user's actor when the first session comes, the first loud one does, and the
// last goes, on whichever node; also when they go with their node.
func TestAttendance_NudgesWhenPresenceChanges(t *testing.T) {
	w := settled(t)
	a := w.node("a")
	step := func(what string, nudges, sessions int, loud bool) {
		t.Helper()
		w.flow()
		if n := len(a.nudged); n != nudges || a.Sessions(tom) != sessions || a.NotifiesAll(tom) != loud || a.Attended(tom) != (sessions > 0) {
			t.Errorf("%s: %d nudges, %d sessions, loud %v", what, n, a.Sessions(tom), a.NotifiesAll(tom))
		}
	}
	s := w.enter("b", tom)
	step("entered", 0, 0, false)
	s.node.hub.admit(s)
	step("admitted", 1, 1, false)
	other := w.join("c", tom)
	step("another node", 1, 2, false)
	l := w.enter("a", tom)
	l.loud = true
	a.hub.admit(l)
	step("a loud one", 2, 3, true)
	a.hub.leave(l)
	step("it goes", 2, 2, false)
	other.node.hub.leave(other)
	step("so does another", 2, 1, false)
	w.part("a", "b")
	step("the last goes with its node", 3, 0, false)
}

// An owner that was deposed keeps nothing but what is here.
func TestAttendance_KeepsNothingForOthers(t *testing.T) {
	w := settled(t)
	s := w.join("b", tom)
	w.flow()
	w.elect("b", 2)
	w.wait(time.Second)
	if n := w.node("a").Held() + w.node("c").Held(); n != 0 {
		t.Errorf("%d things are kept", n)
	}
	if !w.node("b").Attended(tom) || s.evicted {
		t.Error("the next owner does not know who is there")
	}
}
