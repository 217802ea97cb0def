package attendance_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
)

func wantWoken(t *testing.T, n *node, want ...im.Address) {
	t.Helper()
	got := slices.SortedFunc(slices.Values(n.woken), compareIDs)
	slices.SortFunc(want, compareIDs)
	if !slices.Equal(got, want) {
		t.Errorf("%s woke %v, want %v", n.name, got, want)
	}
}

func compareIDs(a, b im.Address) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) }

func wantTakenOver(t *testing.T, n *node, who im.Address, want im.Interest) {
	t.Helper()
	if got := n.TakeOver(who); got != want {
		t.Errorf("%s takes over %+v of %s, want %+v", n.name, got, who.ID, want)
	}
}

// A new owner wakes the actors of all users who have sessions on some node, once each: also of those who are not let in yet,
// but neither passengers nor rooms. The first activation takes over what was there. Nobody else wakes anybody.
//
// Checked by breaking it: without what is noted when the table is settled nobody is woken.
func TestWake_WhoWasThereIsWoken(t *testing.T) {
	w := settled(t)
	w.wait(time.Minute)
	wantWoken(t, w.node("a"))
	eve, spike := im.User(app, "eve"), im.User(app, "spike")
	w.join("b", tom)
	w.join("c", tom)
	loud := w.enter("c", spike)
	loud.loud = true
	w.node("c").hub.admit(loud)
	w.enter("a", eve)
	w.join("c", im.Passenger(app, "nobody"))
	w.flow()
	w.node("a").woken = nil

	w.elect("b", 2)
	w.flow()
	b := w.node("b")
	wantWoken(t, b)
	w.wait(attendance.WakeEvery)
	wantWoken(t, b, tom, spike, eve)
	wantTakenOver(t, b, tom, im.Interest{Entered: true, Sessions: 2})
	wantTakenOver(t, b, tom, im.Interest{})
	wantTakenOver(t, b, spike, im.Interest{Entered: true, Sessions: 1, Loud: true})
	wantTakenOver(t, b, eve, im.Interest{Entered: true})
	w.wait(time.Minute)
	wantWoken(t, b, tom, spike, eve)
	for _, n := range []string{"a", "c"} {
		wantWoken(t, w.node(n))
		wantTakenOver(t, w.node(n), tom, im.Interest{})
	}
}

// A node alone, which has nobody when it becomes the owner, wakes nobody, and sets no timer.
func TestWake_AloneNobodyIsWoken(t *testing.T) {
	w := newWorld("a")
	a := w.node("a")
	w.elect("a", 1)
	s := w.join("a", tom)
	if len(w.clock.timers) != 0 {
		t.Errorf("%d timers are set", len(w.clock.timers))
	}
	w.wait(time.Minute)
	a.hub.leave(s)
	w.wait(time.Minute)
	wantWoken(t, a)
	wantTakenOver(t, a, tom, im.Interest{})
}

// Only so many actors are waking at a time, over all shards; as they come, others are woken. Users whose actors woke by
// themselves are not nudged.
//
// Checked by breaking it: it fails when a round does not count who is still waking, or looks at one shard alone.
func TestWake_FewAtATime(t *testing.T) {
	w := settled(t)
	const n = 5 * attendance.MaxWaking / 2
	all := slices.Concat(users(1, n), users(2, n))
	for _, u := range all {
		w.join("c", u)
	}
	w.elect("b", 2)
	w.flow()
	b := w.node("b")
	taken := 0
	take := func(n int) {
		for _, u := range b.woken[taken : taken+n] {
			wantTakenOver(t, b, u, im.Interest{Entered: true, Sessions: 1})
		}
		taken += n
	}
	step := func(want int) {
		t.Helper()
		if w.wait(attendance.WakeEvery); len(b.woken) != want {
			t.Fatalf("%d were woken, want %d", len(b.woken), want)
		}
	}
	step(attendance.MaxWaking)
	step(attendance.MaxWaking)
	take(10)
	step(attendance.MaxWaking + 10)
	take(attendance.MaxWaking)
	step(2*attendance.MaxWaking + 10)
	asleep := slices.DeleteFunc(all, func(u im.Address) bool { return slices.Contains(b.woken, u) })
	for _, u := range asleep[5:] { // each is spoken to
		wantTakenOver(t, b, u, im.Interest{Entered: true, Sessions: 1})
	}
	take(attendance.MaxWaking)
	step(2*attendance.MaxWaking + 15)
	take(5)
	w.wait(time.Minute)
	if woken := slices.Compact(slices.SortedFunc(slices.Values(b.woken), compareIDs)); len(woken) != 2*attendance.MaxWaking+15 {
		t.Errorf("%d were woken, want as many as before", len(woken))
	}
	if kept := b.Held(); kept != 2*n {
		t.Errorf("%d things are kept, want what c has", kept)
	}
}

// Whoever leaves before its actor was woken is taken over all the same: somebody must tell friends.
//
// Checked by breaking it: it fails when who leaves is forgotten.
func TestWake_WhoLeavesMeanwhileIsTakenOver(t *testing.T) {
	w := settled(t)
	s := w.join("c", tom)
	w.elect("b", 2)
	w.flow()
	b := w.node("b")
	b.nudged = nil
	s.node.hub.leave(s)
	w.flow()
	if !slices.Equal(b.nudged, []im.Address{tom}) {
		t.Errorf("nudged %v, want that an actor that is awake looks at once", b.nudged)
	}
	w.wait(attendance.WakeEvery)
	wantWoken(t, b, tom)
	wantTakenOver(t, b, tom, im.Interest{Entered: true, Sessions: 1})
}

// An actor that does not wake is nudged again after two seconds, behind all others, and given up in the end.
func TestWake_WhoDoesNotWakeIsGivenUp(t *testing.T) {
	w := settled(t)
	for _, u := range users(1, 2*attendance.MaxWaking) {
		w.join("c", u)
	}
	w.elect("b", 2)
	w.flow()
	b := w.node("b")
	for turn := range attendance.MaxWakes {
		for half := range 2 {
			w.wait(attendance.WakeEvery)
			want := (2*turn + half + 1) * attendance.MaxWaking
			if len(b.woken) != want {
				t.Fatalf("turn %d: %d nudges, want %d", turn, len(b.woken), want)
			}
			w.wait((attendance.WakeRounds - 1) * attendance.WakeEvery)
			if len(b.woken) != want {
				t.Fatalf("turn %d: %d nudges before two seconds were over", turn, len(b.woken))
			}
		}
		all := slices.SortedFunc(slices.Values(b.woken[2*turn*attendance.MaxWaking:]), compareIDs)
		if n := len(slices.Compact(all)); n != 2*attendance.MaxWaking {
			t.Fatalf("turn %d: %d were nudged, want all, once", turn, n)
		}
	}
	w.wait(time.Minute)
	if len(b.woken) != 2*attendance.MaxWaking*attendance.MaxWakes || b.Held() != 2*attendance.MaxWaking {
		t.Errorf("%d nudges in the end, %d things kept", len(b.woken), b.Held())
	}
}

// Users of a node that the owner gathered without are woken when its table comes. Friends took them for online, unless the
// owner had lost the node: then friends were told that they went, and nothing is taken over.
//
// So it is while somebody else logs in as the same user, who may never come to the end of that.
//
// Checked by breaking it: it fails when they are not noted (noteLateLocked), or regardless of what friends know, or when a
// login elsewhere keeps them from being noted.
func TestWake_WhoComesLate(t *testing.T) {
	t.Run("silent so far", func(t *testing.T) {
		w := trio()
		w.join("c", tom)
		for _, n := range []string{"a", "b"} {
			w.learn(w.node(n), "a", 1)
		}
		w.wait(attendance.GatherTime)
		wantWoken(t, w.node("a"))
		w.learn(w.node("c"), "a", 1)
		w.wait(attendance.WakeEvery)
		wantWoken(t, w.node("a"), tom)
		wantTakenOver(t, w.node("a"), tom, im.Interest{Entered: true, Sessions: 1})
	})
	t.Run("login elsewhere", func(t *testing.T) {
		w := settled(t)
		w.part("a", "c")
		w.join("c", tom)
		other := w.enter("b", tom)
		w.flow()
		w.link("a", "c")
		w.flow()
		other.node.hub.leave(other)
		w.wait(attendance.WakeEvery)
		wantWoken(t, w.node("a"), tom)
		wantTakenOver(t, w.node("a"), tom, im.Interest{Entered: true, Sessions: 1})
	})
	t.Run("lost", func(t *testing.T) {
		w := settled(t)
		s := w.join("c", tom)
		w.flow()
		w.part("a", "c")
		w.wait(time.Minute)
		w.link("a", "c")
		w.wait(attendance.WakeEvery)
		wantWoken(t, w.node("a"), tom)
		wantTakenOver(t, w.node("a"), tom, im.Interest{})
		if !s.evicted {
			t.Error("it stays, though it may have missed something")
		}
	})
}

// Who sleeps when another node becomes the owner is that node's to wake.
func TestWake_DeposedOwnerWakesNobody(t *testing.T) {
	w := settled(t)
	for i := range 3 {
		w.join([]string{"a", "b", "c"}[i], im.User(app, im.UserID(fmt.Sprint("u", i))))
	}
	w.elect("b", 2)
	w.flow()
	w.elect("c", 3)
	w.wait(attendance.WakeEvery)
	wantWoken(t, w.node("b"))
	if n := len(w.node("c").woken); n != 3 {
		t.Errorf("c woke %d, want 3", n)
	}
	if n := w.node("b").Held(); n != 1 { // its own user
		t.Errorf("b keeps %d things", n)
	}
}
