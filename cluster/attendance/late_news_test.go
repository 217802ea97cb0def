package attendance_test

import (
	"testing"

	"github.com/parley-im/parley/cluster/attendance"
)

// News of an owner comes late to a node whose links are all up: the owner has gone on without it, and is deposed before its table
// comes. What was said meanwhile was missed, and the sessions are closed when the next owner is heard of.
//
// Checked by breaking it: when leaveOwnerLocked compares terms only where this node was the owner, they stay.
func TestEvict_OwnerWhoseNewsCameTooLate(t *testing.T) {
	for name, hears := range map[string]func(w *world){
		"nothing of it":                  func(*world) {},
		"that nobody leads, in its term": func(w *world) { w.learn(w.node("b"), "", 2) },
	} {
		t.Run(name, func(t *testing.T) {
			w := trio()
			w.elect("a", 1)
			w.flow()
			w.wait(attendance.GatherTime)
			w.flow()
			s := w.join("b", tom)
			w.flow()
			w.learn(w.node("a"), "c", 2)
			w.learn(w.node("c"), "c", 2)
			hears(w)
			w.flow()
			w.wait(attendance.GatherTime)
			d := w.node("c").deliver(tom, 1)
			w.flow()
			wantTaken(t, d)
			w.elect("c", 3)
			w.flow()
			w.wait(attendance.GatherTime)
			w.flow()
			if !s.evicted {
				t.Error("it stays, though it missed a message")
			}
		})
	}
}
