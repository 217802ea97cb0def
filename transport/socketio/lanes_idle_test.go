package socketio

import (
	"context"
	"testing"

	"github.com/parley-im/parley/im"
)

// A session with nothing under way keeps no lanes: a node may have tens of thousands of such. Checked by breaking it: without the line
// that drops them, each step keeps some.
func TestLanes_LeaveNothingBehind(t *testing.T) {
	t.Parallel()
	var begun []func(context.Context)
	l := lanes{
		start:  func(run func(context.Context)) bool { begun = append(begun, run); return true },
		flight: &flight{maxJobs: 10, maxBytes: 10},
	}
	jerry := im.User("a", "jerry")
	done := 0
	for _, step := range [][]im.Address{{loginLane}, {loginLane, loginLane}, {jerry}, {loginLane, jerry, loginLane}} {
		want := done + len(step)
		for _, lane := range step {
			l.add(lane, job{size: 1, do: func(context.Context) { done++ }})
		}
		for _, run := range begun {
			run(t.Context())
		}
		begun = nil
		if done != want || l.mu.busy != nil {
			t.Errorf("%v: %d of %d done, lanes %v, want none", step, done, want, l.mu.busy)
		}
	}
}
