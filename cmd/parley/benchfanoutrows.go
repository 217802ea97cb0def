package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fanoutRow is a line of the table.
type fanoutRow struct {
	name string
	// figure is its name in summaries; "" = a headline, for the rows that begin with spaces.
	figure string
	show   func(float64) string
	// always says that it is told when it is 0, too; optional that it is left out where nobody has measured it; compared that a
	// ratio belongs to it.
	always, optional, compared bool
}

var fanoutRows = []fanoutRow{
	{name: "deliveries/s", figure: "deliveries_per_second", show: whole, always: true, compared: true},
	{name: "broadcasts/s", figure: "broadcasts_per_second", show: amount, always: true},
	{name: "latency p50", figure: "latency_p50_us", show: micros, always: true, compared: true},
	{name: "        p90", figure: "latency_p90_us", show: micros, always: true},
	{name: "        p99", figure: "latency_p99_us", show: micros, always: true, compared: true},
	{name: "        p99.9", figure: "latency_p999_us", show: micros, always: true},
	{name: "        max", figure: "latency_max_us", show: micros, always: true},
	{name: "said late by, p99", figure: "say_delay_p99_us", show: micros},
	{name: "with all reading"},
	{name: "  deliveries/s", figure: "all_reading_deliveries_per_second", show: whole, compared: true},
	{name: "  latency p99", figure: "all_reading_latency_p99_us", show: micros, compared: true},
	{name: "those who stopped"},
	{name: "  closed, it says", figure: "slow_disconnects", show: whole, always: true, optional: true},
	{name: "  closed with 1008", figure: "slow_closed_1008", show: whole, always: true, optional: true},
	{name: "  open at the end", figure: "slow_open", show: whole},
	{name: "  queued, at most", figure: "slow_queued_bytes", show: bytesOf},
	{name: "joins/s", figure: "joins_per_second", show: amount, always: true, optional: true},
	{name: "  latency p99", figure: "join_p99_us", show: micros, always: true, optional: true},
	{name: "logins/s", figure: "logins_per_second", show: whole, always: true},
	{name: "memory a connection", figure: "rss_per_connection_bytes", show: bytesOf, compared: true},
	{name: "CPU seconds per million deliveries"},
	{name: "  server", figure: "server_cpu_s_per_million", show: amount, always: true, compared: true},
	{name: "  load generator", figure: "client_cpu_s_per_million", show: amount, always: true},
	{name: "cores busy"},
	{name: "  server", figure: "server_cores", show: amount, always: true, optional: true},
	{name: "  load generator", figure: "client_cores", show: amount, always: true},
	{name: "  anything else", figure: "other_cores", show: amount, always: true},
	{name: "  stolen", figure: "stolen_cores", show: amount},
	{name: "deliveries that were"},
	{name: "  lost", figure: "lost", show: whole, always: true},
	{name: "  doubled", figure: "doubled", show: whole, always: true},
	{name: "  out of order", figure: "out_of_order", show: whole, always: true},
	{name: "  astray, damaged", figure: "stray", show: whole},
	{name: "never said", figure: "unsent", show: whole},
	{name: "members cut off", figure: "cut_off", show: whole},
}

func whole(v float64) string { return thousands(int64(v + 0.5)) }

// bytesOf writes a number of bytes in the unit that fits.
func bytesOf(v float64) string {
	switch {
	case v < 10<<10:
		return whole(v) + " B"
	case v < 10<<20:
		return whole(v/(1<<10)) + " KiB"
	default:
		return whole(v/(1<<20)) + " MiB"
	}
}

// counted names how many there are of each kind, the most first.
func counted(kinds map[string]int) string {
	names := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
		if kinds[a] != kinds[b] {
			return kinds[b] - kinds[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s: %s", name, thousands(int64(kinds[name])))
	}
	if len(names) == 0 {
		return "none has ended"
	}
	return strings.Join(names, ", ")
}
