package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	clusterbench "github.com/parley-im/parley/bench/cluster"
	"github.com/parley-im/parley/bench/machine"
	"github.com/parley-im/parley/internal/servertest"
)

// One node beside three, at one, 100 and 10,000 conversations, unless other numbers are asked for.
func TestParseCluster_ChoosesTheNumbers(t *testing.T) {
	t.Parallel()
	for args, want := range map[string][2][]int{
		"":                              {{1, 3}, {1, 100, 10_000}},
		"--nodes 5":                     {{5}, {1, 100, 10_000}},
		"--conversations 7,2 --nodes 3": {{3}, {7, 2}},
	} {
		e, _, _ := fakeEnv(nil)
		c, err := parseCluster(strings.Fields(args), e)
		if err != nil || !slices.Equal(c.load.Nodes, want[0]) || !slices.Equal(c.load.Conversations, want[1]) {
			t.Errorf("%q: %+v, %v; want %v", args, c, err, want)
		}
	}
}

// What people read of a run: the middle of the rounds, the ratio to the first cluster, and what was refused if anything was.
func TestWriteClusterTable(t *testing.T) {
	t.Parallel()
	one := clusterbench.Measurement{
		Nodes: 1, Conversations: 100, Round: 1, Unanswered: 192, PerSecond: 4000, ServerCPU: 300, ClientCPU: 100.4,
		Latency: clusterbench.Latency{P50: 800, P99: 5000, Max: 20_000}, SayDelay: clusterbench.Latency{P99: 90},
	}
	three := one
	three.Nodes, three.PerSecond, three.ServerCPU, three.Latency = 3, 1000, 1200, clusterbench.Latency{P50: 3200, P99: 25_000, Max: 50_000}
	r := clusterbench.Report{
		Machine: machine.Machine{CPU: "AMD EPYC", Cores: 2, OS: "linux", Kernel: "6.18", Go: "go1.26.8"}, Version: "1.2.3", Commit: "0123456789ab",
		Load:       [2]float64{0.5, 12},
		Parameters: clusterbench.Parameters{Nodes: []int{1, 3}, Conversations: []int{100}, Members: 8, Size: 128, DurationSeconds: 10, Rounds: 1},
		Idle:       []clusterbench.Idle{{Nodes: 1, Percent: []float64{4}}, {Nodes: 3, Percent: []float64{7, 9, 8.04}}},
		Loads:      []clusterbench.Measurement{one, three},
	}
	var got bytes.Buffer
	writeClusterTable(&got, r)
	const want = `
groups of 8 members, 128 bytes, 10 s each, the middle of 1 round

100 conversations                 1 node     3 nodes   ratio
closed, unanswered                   192         192
  acked/s                          4,000       1,000    0.25
  nodes' CPU, ms/1,000             300.0       1,200    4.00
  clients' CPU, ms/1,000           100.4       100.4
open, latency p50                 800 µs     3.20 ms    4.00
      p99                        5.00 ms     25.0 ms    5.00
      max                        20.0 ms     50.0 ms
  said late by, p99                90 µs       90 µs

nothing to do
CPU of a node, of 1 node           4.0 %
CPU of a node, of 3 nodes          8.0 %

AMD EPYC, 2 cores, linux 6.18, go1.26.8, parley 1.2.3 0123456789ab, load 0.50 to 12.0
`
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
	r.Loads[1].OpenRefused = 3
	got.Reset()
	if writeClusterTable(&got, r); !strings.Contains(got.String(), "\n  refused                              0           3\n") {
		t.Errorf("got %s", got.String())
	}
}

// This runs the binary: what it writes as JSON is what it puts into the directory, and nothing else is left behind.
func TestBenchCluster_WritesItsResult(t *testing.T) {
	t.Parallel()
	tmp, out := t.TempDir(), filepath.Join(t.TempDir(), "new", "dir")
	got := servertest.Run(t, []string{"TMPDIR=" + tmp}, "bench", "cluster", "--nodes", "1", "--conversations", "2", "--members", "2", "--pools", "1",
		"--rate", "20", "--duration", "2s", "--warmup", "0s", "--idle", "100ms", "--rounds", "1", "--json", "--out", out)
	var r clusterbench.Report
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Code != exitDone || got.Stderr != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(r.Loads) != 1 || r.Loads[0].PerSecond <= 0 || len(r.Idle) != 1 || r.Version == "" {
		t.Errorf("got %s", got.Stdout)
	}
	if text, err := os.ReadFile(filepath.Join(out, clusterFile)); err != nil || string(text) != got.Stdout {
		t.Errorf("%s: %v, %s", clusterFile, err, text)
	}
	wantEmpty(t, tmp)
}
