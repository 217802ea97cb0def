package attendance_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What actors say before every node has told the new owner who is there waits, and then reaches everybody in order. A node
// that is down is not waited for. A room's message that waited does not wait for listeners, too: whoever says it is needed elsewhere.
func TestGather_WhatIsSaidWaitsForTheTables(t *testing.T) {
	w := settled(t)
	a, b, c := w.join("a", tom), w.join("b", tom), w.join("c", tom)
	w.flow()
	w.part("a", "b")
	w.part("a", "c")
	w.elect("b", 2)
	owner, room := w.node("b"), roomOf(tom.Shard(shards))
	calls := []*answer{
		owner.deliver(tom, 1), owner.listen(tom, room), owner.deliver(tom, 2),
		call(func(done func(error)) (bool, error) { return owner.Settle(tom, done) }),
	}
	owner.Publish(im.Room(app, room), im.Epoch{Term: 2}, &pb.Delivery{Said: &pb.Said{Remark: "hi"}})
	announce(t, owner, tom)
	for _, call := range calls {
		wantOpen(t, call)
	}
	w.flow()
	for _, call := range calls {
		wantTaken(t, call)
	}
	wantGot(t, b, 1, 2)
	wantGot(t, c, 1, 2)
	wantGot(t, a)
	if !slices.Equal(b.said, []string{"hi"}) || !slices.Equal(b.node.hub.heard, []string{"tom hears in 2 of [eve]"}) {
		t.Errorf("heard %q and %q", b.said, b.node.hub.heard)
	}
	if n := owner.hub.waited; n != 0 {
		t.Errorf("%d messages might have kept the link from being read", n)
	}
	if b.evicted || c.evicted {
		t.Error("sessions were evicted that missed nothing")
	}
}

// A node that is up and says nothing is waited for GatherTime; what it has is evicted when it speaks.
func TestGather_SilentNodeIsLeftOut(t *testing.T) {
	w := trio()
	s := w.join("c", tom)
	for _, n := range []string{"a", "b"} {
		w.learn(w.node(n), "a", 1)
	}
	d := w.node("a").deliver(tom, 1)
	w.wait(attendance.GatherTime - time.Millisecond)
	wantOpen(t, d)
	w.wait(time.Millisecond)
	wantTaken(t, d)
	wantGot(t, s)
	w.learn(w.node("c"), "a", 1)
	w.flow()
	if !s.evicted {
		t.Error("it stays, though it missed a message")
	}
}

// A hub may hear of the owner before the owner does; it is asked to come again, and nobody waits for the time to be over.
func TestGather_OwnerHearsLast(t *testing.T) {
	w := trio()
	s := w.join("c", tom)
	for _, n := range []string{"c", "b", "a"} {
		w.learn(w.node(n), "a", 1)
		w.flow()
	}
	w.wait(2 * attendance.RetryPause)
	wantTaken(t, call(func(done func(error)) (bool, error) { return w.node("a").Settle(tom, done) }))
	d := w.node("a").deliver(tom, 1)
	w.flow()
	wantTaken(t, d)
	wantGot(t, s, 1)
	if s.evicted {
		t.Error("it was evicted, though it missed nothing")
	}
}

// What waits is bounded; over it deliveries are refused and the rest is dropped. Whoever is deposed sends all of it to the
// next owner.
func TestGather_WaitingIsBounded(t *testing.T) {
	w := trio()
	a := w.node("a")
	w.learn(a, "a", 1)
	message := func() *answer {
		return call(func(done func(error)) (bool, error) {
			return a.Deliver(tom, teller, &pb.Delivery{N: 1, Said: &pb.Said{Remark: string(make([]byte, 64<<10))}}, done)
		})
	}
	var taken []*answer
	for {
		m := message()
		if m.done {
			wantDone(t, m, im.Retry)
			break
		}
		taken = append(taken, m)
	}
	if n := len(taken); n < 120 || n > attendance.MaxWaitingBytes>>16 {
		t.Errorf("%d messages wait, want what fits in %d bytes", n, attendance.MaxWaitingBytes)
	}
	refused := 0
	for range 100_000 {
		if a.Announce(tom, &pb.Announce{Online: []string{"eve"}}) != nil {
			refused++
		}
	}
	if refused < 50_000 {
		t.Errorf("%d announcements were refused, want most", refused)
	}
	if n := a.Held(); n > attendance.MaxWaitingBytes+attendance.MaxWaitingBytes/256 {
		t.Errorf("%d are kept", n)
	}
	w.elect("b", 2)
	for _, m := range taken {
		wantDone(t, m, im.Retry)
	}
}

// What is said while what waited is being said goes behind it.
func TestGather_NothingOvertakesWhatWaited(t *testing.T) {
	w := trio()
	s := w.join("a", tom)
	a := w.node("a")
	w.learn(a, "a", 1)
	var behind *answer
	if _, err := a.Deliver(tom, teller, &pb.Delivery{N: 1}, func(error) { behind = a.deliver(tom, 3) }); err != nil {
		t.Fatal(err)
	}
	second := a.deliver(tom, 2)
	w.wait(attendance.GatherTime)
	wantTaken(t, second)
	wantTaken(t, behind)
	wantGot(t, s, 1, 2, 3)
}

// A table of many parts: each waits for the one before, changes meanwhile go between them, and all are there in the end.
//
// Checked by breaking it: it fails when a change that comes between the parts is taken for a part.
func TestAnnounce_LargeTablesGoInParts(t *testing.T) {
	w := newWorld("a", "b")
	const n = 3*attendance.PartSize + 10
	all := users(1, n)
	var sessions []*session
	for _, u := range all {
		sessions = append(sessions, w.join("b", u))
	}
	w.link("a", "b")
	w.elect("a", 1)
	late := im.User(app, "late")
	for parts := 0; ; parts++ {
		if waiting := len(w.wires[[2]string{"b", "a"}].frames); waiting > 5 { // a part, and the changes below
			t.Fatalf("%d frames are on their way", waiting)
		}
		if parts == 2 {
			w.node("b").hub.leave(sessions[0])
			w.node("b").hub.leave(sessions[n-1])
			w.join("b", late)
		}
		if !w.step("b", "a") {
			break
		}
		w.flowTo("b")
	}
	w.flow()
	a := w.node("a")
	there := 0
	for _, u := range append(all, late) {
		there += a.Sessions(u)
	}
	if there != n-1 {
		t.Errorf("%d sessions are known, want %d", there, n-1)
	}
}

// flowTo delivers what is on its way to a node.
func (w *world) flowTo(to string) {
	for _, n := range w.nodes {
		for w.step(n.name, to) {
		}
	}
}
