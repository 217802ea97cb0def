package cluster_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/parley-im/parley/bench/cluster"
	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// small is the run that is made for results, in a size for every day.
func small(t *testing.T) cluster.Options {
	return cluster.Options{
		Binary: servertest.Binary(t), Nodes: []int{1, 3}, Conversations: []int{1, 5}, Members: 3, Pools: 2, Window: 4, Rate: 40, Size: 128,
		Duration: 500 * time.Millisecond, Warmup: 100 * time.Millisecond, Idle: 200 * time.Millisecond, Rounds: 1,
	}
}

// The whole run, small: every cluster has figures for every number of conversations, and more is under way where there are more of them.
// That all members heard all that was acknowledged is checked by the run itself. Checked by breaking it: when an ear does not count
// what it hears, the run fails and says how many deliveries are missing.
func TestRun_MeasuresEveryCluster(t *testing.T) {
	t.Parallel()
	o := small(t)
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	r, err := cluster.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Loads) != 4 || len(r.Idle) != 2 {
		t.Fatalf("measured %+v", r)
	}
	unanswered := map[int]int{1: 3, 5: 2 * 3 * 2} // one pool in one conversation; two pools, of two conversations at least
	for i, m := range r.Loads {
		if m.Nodes != o.Nodes[i/2] || m.Conversations != o.Conversations[i%2] || m.Unanswered != unanswered[m.Conversations] {
			t.Errorf("measurement %d is %+v", i, m)
		}
		if m.PerSecond <= 0 || m.ServerCPU <= 0 || m.ClientCPU <= 0 || m.Latency.P50 <= 0 || m.Latency.P99 < m.Latency.P50 || m.Refused+m.OpenRefused > 0 {
			t.Errorf("a figure is missing or wrong: %+v", m)
		}
	}
	for i, idle := range r.Idle {
		if len(idle.Percent) != o.Nodes[i] {
			t.Errorf("idle: %+v, want %d nodes", idle, o.Nodes[i])
		}
	}
	rate := func(m cluster.Measurement) float64 { return m.PerSecond }
	if got := r.Ratio(1, 5, rate); got != 1 {
		t.Errorf("the ratio of a cluster to itself is %v", got)
	}
}

// A run that is told to end does so, whatever it waits for, and leaves no goroutine and no node behind: that the package's
// tests end without either is checked when they are over.
func TestRun_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"1 node, making groups", "1 node, idle", "1 node, 5 conversations, closed"} {
		o := small(t)
		o.Nodes, o.Conversations, o.Duration = []int{1}, []int{5}, time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		o.OnProgress = func(now string, _, _ int64) {
			if now == phase {
				cancel()
			}
		}
		if _, err := cluster.Run(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", phase, err)
		}
		cancel()
	}
}
