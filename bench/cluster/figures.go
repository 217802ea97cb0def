package cluster

import (
	"slices"
	"time"
)

// latency returns the quantiles of some; zeros of none. It sorts them.
func latency(some []time.Duration) Latency {
	if len(some) == 0 {
		return Latency{}
	}
	slices.Sort(some)
	at := func(percent int) int64 { return some[(len(some)*percent+99)/100-1].Microseconds() }
	return Latency{P50: at(50), P99: at(99), Max: at(100)}
}

// Median is the middle of what the rounds found for a cluster of so many nodes with so many conversations.
func (r *Report) Median(nodes, conversations int, figure func(Measurement) float64) float64 {
	var values []float64
	for _, m := range r.Loads {
		if m.Nodes == nodes && m.Conversations == conversations {
			values = append(values, figure(m))
		}
	}
	return median(values)
}

// Ratio is the middle of the ratios that the rounds found of a cluster to the first one. In a round, both were measured within
// minutes. 0 = there is none.
func (r *Report) Ratio(nodes, conversations int, figure func(Measurement) float64) float64 {
	var ratios []float64
	for _, m := range r.Loads {
		if m.Nodes != nodes || m.Conversations != conversations {
			continue
		}
		for _, base := range r.Loads {
			same := base.Nodes == r.Parameters.Nodes[0] && base.Conversations == conversations && base.Round == m.Round
			if same && figure(base) > 0 {
				ratios = append(ratios, figure(m)/figure(base))
			}
		}
	}
	return median(ratios)
}

// IdleCPU is the middle of what idle nodes of a cluster of so many took, in percent of a core.
func (r *Report) IdleCPU(nodes int) float64 {
	var all []float64
	for _, i := range r.Idle {
		if i.Nodes == nodes {
			all = append(all, i.Percent...)
		}
	}
	return median(all)
}

// median is 0 for none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
