package socketio

import (
	"context"
	"testing"

	"github.com/parley-im/parley/im"
)

// A session that logs in and says nothing keeps no table of lanes, of which a node may have tens of thousands. It is made
// again for what is said, and stays then: who speaks once will speak again. Checked by breaking it: without the line that
// drops it, three steps keep it.
func TestLanes_LoginLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	var begun []func(context.Context)
	l := lanes{
		start:  func(run func(context.Context)) bool { begun = append(begun, run); return true },
		flight: &flight{maxJobs: 10, maxBytes: 10},
	}
	jerry := im.User("a", "jerry")
	done := 0
	for _, step := range []struct {
		lanes []im.Address
		keeps bool
	}{
		{[]im.Address{loginLane}, false},
		{[]im.Address{loginLane, loginLane}, false},
		{[]im.Address{jerry}, true},
		{[]im.Address{loginLane}, false},
		{[]im.Address{loginLane, jerry}, true},
	} {
		want := done + len(step.lanes)
		for _, lane := range step.lanes {
			l.add(lane, job{size: 1, do: func(context.Context) { done++ }})
		}
		for _, run := range begun {
			run(t.Context())
		}
		begun = nil
		if done != want || (l.mu.busy != nil) != step.keeps || len(l.mu.busy) > 0 {
			t.Errorf("%v: %d of %d done, lanes %v, kept: %v, want %v", step.lanes, done, want, l.mu.busy, l.mu.busy != nil, step.keeps)
		}
	}
}
