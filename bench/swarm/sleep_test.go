package swarm_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// A sleep is not shorter than it was asked to be, and ends with its context.
func TestSleep_IsExactAndHearsItsContext(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	if !swarm.Sleep(t.Context(), 3*time.Millisecond) || time.Since(begin) < 3*time.Millisecond {
		t.Errorf("slept for %v, want 3 ms", time.Since(begin))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if swarm.Sleep(ctx, time.Hour) || swarm.Sleep(ctx, -1) {
		t.Error("slept on after the end of the context")
	}
}
