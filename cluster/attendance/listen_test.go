package attendance_test

import (
	"slices"
	"testing"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// mixed returns a trio where a owns shard 1, with a user of it, and c owns shard 2, with a room of it.
func mixed(t *testing.T) (w *world, user im.Address, room im.RoomID) {
	t.Helper()
	w = trio()
	for _, n := range w.nodes {
		n.LeaderChanged(1, "a", 1)
		n.LeaderChanged(2, "c", 1)
	}
	w.flow()
	return w, users(1, 1)[0], roomOf(2)
}

// A join is done when the room's owner knows who listens: what is said behind it is heard, although it goes another way.
//
// Checked by breaking it: it fails when listenHere does not wait.
func TestListen_IsDoneWhenTheRoomsOwnerKnows(t *testing.T) {
	w, user, room := mixed(t)
	s := w.join("b", user)
	w.flow()
	l := w.node("a").listen(user, room)
	w.step("a", "b")
	if w.step("b", "a"); l.done {
		t.Fatal("the join is done, and the room's owner does not know")
	}
	w.step("b", "c")
	w.step("c", "b")
	w.step("b", "a")
	wantTaken(t, l)
	w.node("c").Publish(im.Room(app, room), im.Epoch{Term: 1}, &pb.Delivery{Said: &pb.Said{Remark: "hi"}})
	w.flow()
	if !slices.Equal(s.said, []string{"hi"}) {
		t.Errorf("heard %q", s.said)
	}
}

// The same where the user's owner has the session, and where another user listens there, whose own join is on its way.
func TestListen_WaitsForOthersJoins(t *testing.T) {
	w, user, room := mixed(t)
	other := users(1, 2)[1]
	w.join("a", user)
	w.join("a", other)
	w.flow()
	first := w.node("a").listen(user, room)
	second := w.node("a").listen(other, room)
	wantOpen(t, first)
	wantOpen(t, second)
	w.flow()
	wantTaken(t, first)
	wantTaken(t, second)
	wantTaken(t, w.node("a").listen(user, room)) // known already
}

// While nobody owns the room a join waits for the next owner. That one before it was given up changes nothing.
//
// Checked by breaking it: it fails when a join does not wait while nobody leads, and when one that is given up takes another
// one with it.
func TestListen_WaitsForTheNextOwner(t *testing.T) {
	w, user, room := mixed(t)
	w.join("a", user)
	w.flow()
	w.learnRooms("", 1)
	early := w.node("a").listen(user, room)
	w.wait(attendance.AnswerTime / 2)
	late := w.node("a").listen(user, room)
	w.wait(attendance.AnswerTime / 2)
	wantDone(t, early, im.Unavailable)
	wantOpen(t, late)
	w.learnRooms("b", 2)
	w.flow()
	wantTaken(t, late)
}

// Of a join that is given up nothing is kept, also while nobody can be told that it was made: clients try again for as long
// as that lasts.
//
// Checked by breaking it: it fails when one that is given up stays among those who wait.
func TestListen_GivenUpIsForgotten(t *testing.T) {
	for name, lose := range map[string]func(*world){
		"nobody leads":       func(w *world) { w.learnRooms("", 1) },
		"the leader is away": func(w *world) { w.part("b", "c") },
	} {
		t.Run(name, func(t *testing.T) {
			w, user, room := mixed(t)
			w.join("b", user)
			w.flow()
			lose(w)
			giveUp := func() int {
				l := w.node("a").listen(user, room)
				w.wait(2 * attendance.AnswerTime)
				wantDone(t, l, im.Unavailable)
				return w.node("b").Held()
			}
			first := giveUp()
			if second := giveUp(); second != first {
				t.Errorf("%d things are kept after one join, %d after two", first, second)
			}
		})
	}
}

// learnRooms has all nodes learn of the leader of the rooms' shard in mixed.
func (w *world) learnRooms(leader string, term uint64) {
	for _, n := range w.nodes {
		n.LeaderChanged(2, leader, term)
	}
}
