package start

import (
	"slices"
	"time"
)

// latency returns the quantiles of some, which must not be empty. It sorts them.
func latency(some []time.Duration) *Latency {
	slices.Sort(some)
	at := func(percent int) int64 { return some[(len(some)*percent+99)/100-1].Microseconds() }
	return &Latency{P50: at(50), P99: at(99), Max: at(100)}
}

// Spread are the least, the middle and the greatest of some values.
type Spread struct{ Min, Median, Max float64 }

// SpreadOf returns the spread of what figure tells of the starts in a way; ok is false when there are none.
func (r *Report) SpreadOf(w Way, figure func(Start) float64) (s Spread, ok bool) {
	var values []float64
	for _, st := range r.Starts {
		if st.Way == w {
			values = append(values, figure(st))
		}
	}
	if len(values) == 0 {
		return s, false
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Min: values[0], Median: (values[(n-1)/2] + values[n/2]) / 2, Max: values[n-1]}, true
}
