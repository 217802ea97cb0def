package attendance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A blip is that a node hears of nobody who leads, in the same term, and then of the same leader: for a moment nothing came
// from it.

// attendanceTo is where crossed counts what is announced to a node.
func attendanceTo(name string) string { return fmt.Sprintf("%T to %s", &pb.Frame_Attendance{}, name) }

// A blip changes nothing: what is said arrives meanwhile, nothing is announced anew, and nobody is evicted.
//
// Checked by breaking it: it fails when the node takes leave of the owner for it (keepsOwnerLocked).
func TestBlip_ChangesNothing(t *testing.T) {
	w := settled(t)
	b := w.node("b")
	s := w.join("b", tom)
	w.flow()
	told := w.crossed[attendanceTo("a")]
	w.learn(b, "", 1)
	d := w.node("a").deliver(tom, 1)
	w.wait(time.Second)
	wantTaken(t, d)
	w.learn(b, "a", 1)
	w.wait(time.Second)
	wantGot(t, s, 1)
	if more := w.crossed[attendanceTo("a")] - told; s.evicted || more != 0 {
		t.Errorf("evicted %v, %d more announcements", s.evicted, more)
	}
}

// Who comes in a blip is announced at once: its login may be on its way already, and the owner may answer it.
//
// Checked by breaking it: it fails when announcements wait for the end of a blip.
func TestBlip_OwnerIsToldMeanwhile(t *testing.T) {
	w := settled(t)
	w.learn(w.node("b"), "", 1)
	s := w.join("b", tom)
	w.flow()
	d := w.node("a").deliver(tom, 1)
	w.flow()
	wantTaken(t, d)
	wantGot(t, s, 1)
	if s.evicted {
		t.Error("it was evicted, though it missed nothing")
	}
}

// A blip amid a round of several parts breaks nothing off.
func TestBlip_AmidARound(t *testing.T) {
	w := trio()
	var s *session
	for i := range 2*attendance.PartSize + 1 {
		s = w.join("b", im.User(app, im.UserID(fmt.Sprint("many", i))))
	}
	w.elect("a", 1)
	w.learn(w.node("b"), "", 1)
	w.step("b", "a")
	w.step("a", "b")
	w.learn(w.node("b"), "a", 1)
	w.flow()
	if s.evicted || w.node("a").Sessions(s.who) != 1 {
		t.Errorf("evicted %v, %d sessions are known", s.evicted, w.node("a").Sessions(s.who))
	}
}

// What looks like a blip may be the end of the owner. It says that it owns no more, which is no reason to evict: what it had
// taken, it did not go on without. The next owner is told of all.
//
// Checked by breaking it: it fails when the round counts as one that was not taken.
func TestBlip_ThatWasTheOwnersEnd(t *testing.T) {
	w := settled(t)
	s := w.join("b", tom)
	w.flow()
	w.elect("", 1)
	late := w.join("b", tom)
	w.flow()
	w.elect("c", 2)
	w.flow()
	if s.evicted || late.evicted || w.node("c").Sessions(tom) != 2 {
		t.Errorf("evicted %v %v, %d sessions are known", s.evicted, late.evicted, w.node("c").Sessions(tom))
	}
}

// The owner that is heard of before it knows of its office refuses what it is told. With a blip then it is no earlier owner
// that went on without the node.
//
// Checked by breaking it: it fails when leave is taken of an owner that stays (leaveOwnerLocked).
func TestBlip_BeforeTheOwnerKnows(t *testing.T) {
	w := trio()
	s := w.join("b", tom)
	b := w.node("b")
	w.learn(b, "a", 1)
	w.flow() // a refuses
	w.learn(b, "", 1)
	w.learn(b, "a", 1)
	w.flow()
	w.learn(w.node("a"), "a", 1)
	w.wait(2 * attendance.RetryPause)
	if s.evicted || w.node("a").Sessions(tom) != 1 {
		t.Errorf("evicted %v, %d sessions are known", s.evicted, w.node("a").Sessions(tom))
	}
}

// A link that breaks in a blip counts as at any other time: the owner says that it went on, or the node knows by itself when
// that was a second ago.
//
// Checked by breaking it: it fails when a link that breaks in a blip does not end the round (loseNode), and without doubt.
func TestBlip_WithALinkThatBreaks(t *testing.T) {
	t.Run("same owner", func(t *testing.T) {
		w := settled(t)
		s := w.join("b", tom)
		w.flow()
		w.learn(w.node("b"), "", 1)
		w.part("a", "b")
		w.link("a", "b")
		w.learn(w.node("b"), "a", 1)
		w.flow()
		if !s.evicted {
			t.Error("it stays, though it may have missed something")
		}
	})
	t.Run("next owner", func(t *testing.T) {
		w := settled(t)
		s := w.join("b", tom)
		w.flow()
		w.learn(w.node("b"), "", 1)
		w.part("a", "b")
		w.wait(attendance.MissTime)
		w.elect("c", 2)
		w.flow()
		if !s.evicted {
			t.Error("it stays, though it may have missed something")
		}
	})
}
