package node

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// A node is ready when Start returns, tells its memory and metrics, and comes back on the same directory after an end of
// either kind. Flags reach it: the one that is given here makes it refuse to start when it is wrong.
func TestNode_IsStartedAgainOnItsDirectory(t *testing.T) {
	t.Parallel()
	n, err := New(Options{Binary: servertest.Binary(t), Dir: filepath.Join(t.TempDir(), "data"), Flags: []string{"--shards", "2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, end := range []func(){func() { _ = n.Stop() }, n.Kill, func() {}} {
		if _, err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		m, err := n.Metrics(t.Context())
		if err != nil || m["go_goroutines"] == 0 {
			t.Errorf("no goroutines in %d metrics, %v", len(m), err)
		}
		if err := n.Collect(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat("/proc/self/status"); err == nil && n.Memory().Now == 0 {
			t.Errorf("the node has no memory: %+v", n.Memory())
		}
		end()
	}
	wrong, err := New(Options{Binary: servertest.Binary(t), Dir: filepath.Join(t.TempDir(), "data"), Flags: []string{"--shards", "-1"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Start(t.Context()); err == nil {
		t.Error("a node with a flag that is wrong has started")
	}
}

// Three nodes are started at once, lead shards, know one app, and come back on their directories. Checked by breaking
// it: started one after the other, the first does not get ready.
func TestCluster_IsStartedTogether(t *testing.T) {
	t.Parallel()
	nodes, err := NewCluster(Options{Binary: servertest.Binary(t), Dir: t.TempDir(), Flags: []string{"--shards", "4"}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := StopAll(nodes); err != nil {
			t.Error(err)
		}
	}()
	for range 2 {
		if err := StartAll(t.Context(), nodes); err != nil {
			t.Fatal(err)
		}
		led := 0.0
		for _, n := range nodes {
			m, err := n.Metrics(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			led += m["parley_raft_shards_led"]
			if n.App != nodes[0].App || n.Key != nodes[0].Key || n.URL == nodes[0].URL && n != nodes[0] {
				t.Errorf("%+v beside %+v", n, nodes[0])
			}
		}
		if led == 0 {
			t.Errorf("nobody leads: %v", led)
		}
		if err := StopAll(nodes); err != nil {
			t.Error(err)
		}
	}
}

// Sizes in /proc are in units of 1,024 bytes; what is not there is 0.
func TestParseStatus(t *testing.T) {
	t.Parallel()
	const text = "Name:\tparley\nVmPeak:\t 9999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t7\n"
	if got, want := parseStatus(text), (Memory{Now: 1 << 20, Peak: 2 << 20}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := parseStatus("Name:\tparley\n"); got != (Memory{}) {
		t.Errorf("got %+v of nothing", got)
	}
}
