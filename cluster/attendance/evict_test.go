package attendance_test

import (
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/attendance"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A node whose link to the owner broke is told to evict when it comes back: its users' sessions, and nobody else's. A node
// that had nobody is not.
func TestEvict_WhoWasLeftOut(t *testing.T) {
	w := settled(t)
	left, stayed, own := w.join("b", tom), w.join("c", tom), w.join("a", tom)
	w.flow()
	w.part("a", "b")
	w.link("a", "b")
	w.flow()
	if !left.evicted || stayed.evicted || own.evicted {
		t.Errorf("evicted: %v, others: %v %v", left.evicted, stayed.evicted, own.evicted)
	}
	left.node.hub.leave(left)
	w.part("a", "b")
	w.link("a", "b")
	w.flow()
	back := w.join("b", tom)
	w.flow()
	if back.evicted || w.node("a").Sessions(tom) != 3 {
		t.Errorf("evicted: %v, %d sessions are known", back.evicted, w.node("a").Sessions(tom))
	}
}

// A message to a user who had sessions on a node whose link just broke goes to the other nodes at once. It is done when that
// node is back, and will evict, or after so long that the node knows by itself that it must.
func TestEvict_DeliveryIsHeldForWhoIsLost(t *testing.T) {
	w := settled(t)
	w.join("b", tom)
	c := w.join("c", tom)
	w.flow()
	w.part("a", "b")
	d := w.node("a").deliver(tom, 1)
	w.flow()
	wantGot(t, c, 1)
	w.wait(attendance.LostTime - time.Millisecond)
	wantOpen(t, d)
	w.wait(time.Millisecond)
	wantTaken(t, d)
	after := w.node("a").deliver(tom, 2)
	w.flow()
	wantTaken(t, after)

	w.link("a", "b")
	w.flow()
	w.part("a", "b")
	d = w.node("a").deliver(tom, 3)
	wantOpen(t, d)
	w.link("a", "b")
	w.flow()
	wantTaken(t, d)
}

// The owner that went on without a node dies before it can tell it so: the node knows by itself. When the owner just died,
// nobody missed anything.
//
// Checked by breaking it: it fails without doubt, and with doubt from the first moment.
func TestEvict_DeadOwnerCannotSaySo(t *testing.T) {
	for _, c := range []struct {
		name  string
		alone time.Duration // between the cut and the owner's death
		evict bool
	}{
		{"cut long before", attendance.MissTime, true},
		{"cut as it died", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := settled(t)
			s := w.join("b", tom)
			w.flow()
			w.part("a", "b")
			w.wait(c.alone)
			w.part("a", "c")
			w.elect("", 1)
			w.wait(attendance.MissTime / 3)
			w.elect("c", 2)
			w.flow()
			if s.evicted != c.evict {
				t.Errorf("evicted %v, want %v", s.evicted, c.evict)
			}
		})
	}
}

// So is it when the node becomes the owner itself, and when the owner goes before it has answered to the node's table.
func TestEvict_NextOwnerEvictsItsOwn(t *testing.T) {
	t.Run("itself", func(t *testing.T) {
		w := settled(t)
		s := w.join("b", tom)
		w.flow()
		w.part("a", "b")
		w.wait(attendance.MissTime)
		w.elect("b", 2)
		if !s.evicted {
			t.Error("it stays, though it may have missed something")
		}
	})
	t.Run("unanswered", func(t *testing.T) {
		w := settled(t)
		s := w.join("b", tom)
		w.flow()
		w.part("a", "b")
		w.link("a", "b") // a is told, and its answer is lost
		w.step("b", "a")
		w.part("a", "b")
		w.elect("c", 2)
		w.flow()
		if !s.evicted {
			t.Error("it stays, though it may have missed something")
		}
	})
}

// A change that a link has no room for is announced a little later with all the rest, and who is there is evicted: the
// owner went on without it. So it is when there is another owner by then.
//
// Checked by breaking it: it fails when such a round counts as complete.
func TestEvict_UnannouncedChange(t *testing.T) {
	w := settled(t)
	w.wires[[2]string{"b", "a"}].full = true
	early := w.join("b", tom)
	w.elect("c", 2)
	w.flow()
	if !early.evicted {
		t.Error("it stays, though it may have missed something")
	}
	w = settled(t)
	w.wires[[2]string{"b", "a"}].full = true
	s := w.join("b", tom)
	w.wait(attendance.RetryPause * 3)
	w.wires[[2]string{"b", "a"}].full = false
	w.wait(attendance.RetryPause)
	if !s.evicted || w.node("a").Sessions(tom) != 1 {
		t.Errorf("evicted %v, %d sessions are known", s.evicted, w.node("a").Sessions(tom))
	}
}

// A timer for an earlier loss of a node that comes late does not end what is held for a later one.
//
// Checked by breaking it: it fails when forgetLost does not ask which loss it is called for.
func TestEvict_LateTimerIsForItsOwnLoss(t *testing.T) {
	w := settled(t)
	w.join("b", tom)
	w.flow()
	w.part("a", "b")
	late := w.node("a").FiredForget(tom, "b")
	w.link("a", "b")
	w.flow()
	w.part("a", "b")
	d := w.node("a").deliver(tom, 1)
	late()
	wantOpen(t, d)
	w.wait(attendance.LostTime)
	wantTaken(t, d)
}

// A leader that is heard of while its link is coming up is told once: the second time it would take the node for one that it
// went on without.
//
// Checked by breaking it: it fails when PeerUp begins a round that has begun.
func TestEvict_LeaderHeardOfAsItsLinkComesUp(t *testing.T) {
	w := newWorld("a", "b")
	a, b := w.node("a"), w.node("b")
	user := users(2, 1)[0]
	s := w.join("b", user)
	w.learn(a, "a", 1)
	b.LeaderChanged(1, "a", 1)
	b.sends = func(string, *pb.Frame) { // of shard 1, the first in which PeerUp begins
		b.sends = nil
		b.LeaderChanged(2, "a", 1)
	}
	w.link("a", "b")
	w.flow()
	if s.evicted || a.Sessions(user) != 1 || w.crossed[attendanceTo("a")] != 2 {
		t.Errorf("evicted %v, %d sessions are known, told %d times", s.evicted, a.Sessions(user), w.crossed[attendanceTo("a")])
	}
}
