package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-im/parley/transport/admin"
)

// fakeNode answers as a node does, with what index says it has of a shard when it is asked for the n-th time, from 0; no digest = it
// has no replica of it.
func fakeNode(t *testing.T, name string, index func(shard uint32, n int64) (applied uint64, digest string)) *adminClient {
	t.Helper()
	var asked atomic.Int64
	digests := func(_ context.Context, shards []uint32) (admin.Digests, error) {
		d := admin.Digests{Cluster: "5e1f", Node: name, Of: 2}
		if len(shards) == 0 {
			shards = []uint32{0, 1}
		}
		n := asked.Add(1) - 1
		for _, s := range shards {
			if applied, digest := index(s, n); digest != "" {
				d.Shards = append(d.Shards, held(s, applied, digest))
			}
		}
		return d, nil
	}
	h := admin.New(admin.Options{Digests: digests, Health: &admin.Health{}, Metrics: http.NotFoundHandler(), Token: "secret"})
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &adminClient{url: s.URL, token: "secret"}
}

// A shard that the nodes do not have at one index is asked for again until they do, and compared then; others are not asked for
// again. One that goes on all the time is said to be moving, one on which a node does not go on while nothing moves is behind.
//
// Checked by breaking it: it fails when settle asks once, when it does not tell apart what moved, and when it looks for the
// same digest in place of the same index.
func TestAskNodes_AsksAgainWhileShardsMove(t *testing.T) {
	t.Parallel()
	still := func(applied uint64, digest string) func(uint32, int64) (uint64, string) {
		return func(uint32, int64) (uint64, string) { return applied, digest }
	}
	tests := map[string]struct {
		second func(shard uint32, n int64) (uint64, string)
		want   string
	}{
		"the same at once": {still(5, "a/a"), "[same same]"},
		"different":        {still(5, "b/a"), "[different different]"},
		"catches up": {func(s uint32, n int64) (uint64, string) {
			if s == 1 && n < 3 {
				return 4, "old/old"
			}
			return 5, "a/a"
		}, "[same same]"},
		"has none of one shard": {func(s uint32, _ int64) (uint64, string) { return 5, []string{"a/a", ""}[s] }, "[same same]"},
		"gets a shard meanwhile": {func(s uint32, n int64) (uint64, string) {
			return 4 + min(uint64(n), 1), []string{"", "a/a"}[min(n+int64(1-s), 1)]
		}, "[same same]"},
		"stays behind": {func(s uint32, _ int64) (uint64, string) { return 5 - uint64(s), "a/a" }, "[same behind]"},
		"moves": {func(s uint32, n int64) (uint64, string) {
			return 5 + uint64(s)*uint64(n+1), "a/a"
		}, "[same moving]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clients := []*adminClient{fakeNode(t, "node1", still(5, "a/a")), fakeNode(t, "node2", tt.second)}
			replicas, err := askNodes(t.Context(), clients)
			if err != nil {
				t.Fatal(err)
			}
			var verdicts []finding
			for _, c := range compare(replicas) {
				verdicts = append(verdicts, c.Verdict)
			}
			if got := fmt.Sprint(verdicts); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Nodes that cannot be compared are refused: one that is named twice, and those of other clusters.
func TestAskNodes_RefusesWhatCannotBeCompared(t *testing.T) {
	t.Parallel()
	same := func(uint32, int64) (uint64, string) { return 1, "a/a" }
	one := fakeNode(t, "node1", same)
	if _, err := askNodes(t.Context(), []*adminClient{one, one}); err == nil || !strings.Contains(err.Error(), "are the same node, node1") {
		t.Errorf("%v", err)
	}
	a, b := nodes([]admin.Digest{held(0, 1, "a/a")}), nodes([]admin.Digest{held(0, 1, "a/a")})
	b[0].Cluster = "other"
	if err := identify(append(a, b...)); err == nil || !strings.Contains(err.Error(), "there is nothing to compare") {
		t.Errorf("%v", err)
	}
	gone := fakeNode(t, "node2", same)
	gone.token = "wrong"
	if _, err := askNodes(t.Context(), []*adminClient{one, gone}); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("%v", err)
	}
}
