package metrics_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/metrics"
)

// All figures of retention are of one look for each who asks, and each metric says in its help what it is, and what to alert on.
//
// Checked by breaking it: an exchange of two of the counters is noticed.
func TestRetention_ServesOneLook(t *testing.T) {
	t.Parallel()
	n, looks := metrics.New(""), 0
	seen := metrics.Retention{
		Classes:     map[string]metrics.RetentionClass{"messages": {Horizon: 70, Behind: 1.5}, "strangers": {Horizon: 140}},
		Held:        map[string]int{"clock": 3, "no-leader": 0},
		RaftSeconds: 12, Buckets: 4, Bytes: 5, Carried: 6, Buried: 7,
		Clock: metrics.Clock{Offset: -2, Ahead: 0.5, Believed: true, Heard: 2, Alarms: 8},
	}
	n.Watch(metrics.Gauges{Retention: func() metrics.Retention { looks++; return seen }})
	want := map[string]string{
		`parley_retention_horizon_seconds{class="messages"}`:  "70",
		`parley_retention_horizon_seconds{class="strangers"}`: "140",
		`parley_retention_behind_seconds{class="messages"}`:   "1.5",
		`parley_retention_behind_seconds{class="strangers"}`:  "0",
		`parley_retention_held_shards{why="clock"}`:           "3",
		`parley_retention_held_shards{why="no-leader"}`:       "0",
		"parley_retention_raft_seconds":                       "12",
		"parley_retention_buckets_dropped_total":              "4",
		"parley_retention_dropped_bytes_total":                "5",
		"parley_retention_carried_total":                      "6",
		"parley_retention_buried_total":                       "7",
		"parley_clock_offset_seconds":                         "-2",
		"parley_clock_ahead_seconds":                          "0.5",
		"parley_clock_believed":                               "1",
		"parley_clock_members_heard":                          "2",
		"parley_clock_alarms_total":                           "8",
	}
	if got := served(scrape(t, n)); !maps.Equal(got, want) || looks != 1 {
		t.Errorf("after %d looks\n got %v\nwant %v", looks, got, want)
	}
	seen.RaftSeconds, seen.Clock.Believed = -1, false
	delete(want, "parley_retention_raft_seconds") // nobody knows it
	want["parley_clock_believed"] = "0"
	if got := served(scrape(t, n)); !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// served returns the metrics of retention and clocks by name.
func served(page string) map[string]string {
	got := map[string]string{}
	for line := range strings.Lines(page) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(name, "parley_retention") || strings.HasPrefix(name, "parley_clock") {
			got[name] = value
		}
	}
	return got
}
