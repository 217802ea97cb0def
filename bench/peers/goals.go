package main

import "github.com/parley-im/parley/bench/fanout"

// Figures of summaries that goals are about.
const (
	throughput = "deliveries_per_second"
	cost       = "server_cpu_s_per_million"
	latency99  = "latency_p99_us"
)

// bestPeer stands for the peer with the most deliveries a second.
const bestPeer = "best peer"

// goal is what parley should be to another server in one scenario.
type goal struct {
	scenario, against, figure string
	// least and most bound the ratio of the medians; 0 = there is no such bound.
	least, most float64
}

// goals are what a server that joins messages can reach, and by how much a room should be faster than elsewhere. Below the limit of
// throughput nothing is joined, so that one write for each message is the measure.
var goals = []goal{
	{"1x100", limitCo, throughput, 0.80, 0},
	{"1x1000", limitCo, throughput, 0.75, 0},
	{"1x1000", bestPeer, throughput, 1.6, 0},
	{"1x5000", limitCo, throughput, 0.70, 0},
	{"1x5000", bestPeer, throughput, 2.5, 0},
	{"1x15000", limitCo, throughput, 0.65, 0},
	{"1x15000", bestPeer, throughput, 10, 0},
	{"50x50", limitCo, throughput, 0.60, 0},
	{"50x50", bestPeer, throughput, 2, 0},
	{"1x1000-1kib", limitCo, throughput, 0.70, 0},
	{"1x1000-window1", limitWrite, throughput, 0.85, 0},
	{"1x1000-open20k", limitWrite, cost, 0, 1.2},
	{"1x1000-open20k", limitWrite, latency99, 0, 1.3},
	{"1x1000-open100k", limitWrite, cost, 0, 1.2},
	{"1x1000-open100k", limitWrite, latency99, 0, 1.3},
}

// The baseline itself must be good: below baselineLeast deliveries a second in baselineScenario limit-co is no limit.
const (
	baselineScenario = "1x1000"
	baselineLeast    = 1.1e6
)

// yardstick is a ratio of parley's median to another's, with its goal.
type yardstick struct {
	Scenario string `json:"scenario"`
	// Against is the other server, BestPeer that it is the best of the peers; Figure what is compared.
	Against  string  `json:"against"`
	BestPeer bool    `json:"best_peer,omitempty"`
	Figure   string  `json:"figure"`
	Ratio    float64 `json:"ratio"`
	// Least and Most are the goal; 0 = there is no such bound. Met is nil when there is neither.
	Least float64 `json:"least,omitempty"`
	Most  float64 `json:"most,omitempty"`
	Met   *bool   `json:"met,omitempty"`
}

// yardsticks compares parley with the others of one scenario: when the load is closed with limit-co in throughput and in what a
// delivery costs, and with the best peer in throughput; with limit-write in what a delivery costs and how late it is when nothing can
// be joined. Who was not measured is left out.
func yardsticks(r *fanout.Result, peers []string) (all []yardstick) {
	add := func(against, figure string) {
		y := yardstick{Scenario: r.Scenario.Name, Against: against, Figure: figure}
		if against == bestPeer {
			y.Against, y.BestPeer = best(r, peers), true
		}
		mine, theirs := median(r, parleyName, figure), median(r, y.Against, figure)
		if mine > 0 && theirs > 0 {
			y.Ratio = mine / theirs
			y.judge(against)
			all = append(all, y)
		}
	}
	closed := r.Scenario.Window > 0
	if closed {
		add(limitCo, throughput)
		add(limitCo, cost)
		add(bestPeer, throughput)
	}
	if r.Scenario.Window == 1 {
		add(limitWrite, throughput)
	}
	if r.Scenario.Window == 1 || !closed {
		add(limitWrite, cost)
		add(limitWrite, latency99)
	}
	return all
}

// judge finds the goal of a yardstick against a server or the best peer, and whether it is met.
func (y *yardstick) judge(against string) {
	for _, g := range goals {
		if g.scenario == y.Scenario && g.against == against && g.figure == y.Figure {
			y.Least, y.Most = g.least, g.most
			y.Met = new(y.Ratio >= g.least && (g.most == 0 || y.Ratio <= g.most))
		}
	}
}

// best returns the peer with the most deliveries a second; "" = none was measured.
func best(r *fanout.Result, peers []string) (name string) {
	for _, p := range peers {
		if median(r, p, throughput) > median(r, name, throughput) {
			name = p
		}
	}
	return name
}

// median is that of a server's figure; 0 = it was not measured.
func median(r *fanout.Result, server, figure string) float64 {
	for _, s := range r.Servers {
		if s.Server == server {
			return s.Summary[figure].Median
		}
	}
	return 0
}
