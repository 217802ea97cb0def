package attendance_test

import (
	"testing"

	"github.com/parley-im/parley/cluster/attendance"
)

// A node that was cut off while another one owned the shard, and never hears of that one, only of its successor: what the owner
// between said without it was missed, and its sessions are closed.
//
// Checked by breaking it: without the comparison of terms in leaveOwnerLocked, they stay when the node was the owner before.
func TestEvict_OwnerThatWasNeverHeardOf(t *testing.T) {
	for _, first := range []string{"a", "b"} {
		t.Run("of "+first+" before", func(t *testing.T) {
			unheardOf(t, first, func(w *world) {
				w.part("a", "b")
				w.part("b", "c")
			}, func(w *world) {
				if first == "b" { // it has given up by itself
					w.learn(w.node("b"), "", 1)
				}
			})
		})
	}
}

// The same for a node that stood still: the others saw its links break, it notices all at once when it goes on.
func TestEvict_OwnerThatWasNeverHeardOfWhileItStoodStill(t *testing.T) {
	for _, first := range []string{"a", "b"} {
		t.Run("of "+first+" before", func(t *testing.T) {
			unheardOf(t, first, func(w *world) {
				w.cut("a", "b")
				w.cut("b", "c")
				w.notice("a", "b")
				w.notice("c", "b")
			}, func(w *world) {
				w.notice("b", "a")
				w.notice("b", "c")
			})
		})
	}
}

// unheardOf lets c own the shard after first, and say something, between lose, with which b loses the others, and back; then a is
// elected, and b is linked again.
func unheardOf(t *testing.T, first string, lose, back func(*world)) {
	t.Helper()
	w := trio()
	w.elect(first, 1)
	w.flow()
	w.wait(attendance.GatherTime)
	w.flow()
	s := w.join("b", tom)
	w.flow()
	lose(w)
	w.learn(w.node("a"), "c", 2)
	w.learn(w.node("c"), "c", 2)
	w.flow()
	w.wait(4 * attendance.GatherTime)
	d := w.node("c").deliver(tom, 1)
	w.flow()
	wantTaken(t, d)
	back(w)
	w.link("a", "b")
	w.link("b", "c")
	w.elect("a", 3)
	w.flow()
	w.wait(attendance.GatherTime)
	w.flow()
	if !s.evicted {
		t.Error("it stays, though it missed a message")
	}
}
