package start

import (
	"strings"
	"testing"
	"time"
)

// A quantile is one of the values: the least that so many of a hundred do not exceed.
func TestLatency_TakesQuantiles(t *testing.T) {
	t.Parallel()
	var some []time.Duration
	for i := 200; i >= 1; i-- {
		some = append(some, time.Duration(i)*time.Millisecond)
	}
	if got, want := *latency(some), (Latency{P50: 100_000, P99: 198_000, Max: 200_000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := *latency(some[:1]), (Latency{P50: 1000, P99: 1000, Max: 1000}); got != want {
		t.Errorf("got %+v of one, want %+v", got, want)
	}
}

// The spread of one way leaves the other ways out.
func TestSpreadOf_LooksAtOneWay(t *testing.T) {
	t.Parallel()
	r := Report{Starts: []Start{{Way: Killed, Ready: 9}, {Way: Stopped, Ready: 4}, {Way: Stopped, Ready: 1}, {Way: Stopped, Ready: 2}}}
	ready := func(s Start) float64 { return s.Ready }
	if got, ok := r.SpreadOf(Stopped, ready); !ok || got != (Spread{1, 2, 4}) {
		t.Errorf("got %+v, %v", got, ok)
	}
	if got, ok := r.SpreadOf(Killed, ready); !ok || got != (Spread{9, 9, 9}) {
		t.Errorf("got %+v, %v", got, ok)
	}
	if got, ok := r.SpreadOf(Empty, ready); ok {
		t.Errorf("got %+v of no start", got)
	}
}

// Bodies are as long as asked for, differ, and need no escapes in JSON.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 4, 5, 100, 16 << 10} {
		a, b := words(n), words(n)
		if len(a) != n || strings.ContainsAny(a, "\"\\<>&\n") || n > 10 && a == b {
			t.Errorf("%d: %q and %q", n, a, b)
		}
	}
}

// Everything that is wrong is named, with its rule.
func TestOptions_ValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	o := Options{Users: 4, GroupSize: 2, Size: 1, BurstBytes: 1, Starts: 1, Samples: 2}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	o = Options{Again: true, Users: 1, GroupSize: MaxGroupSize + 1, NameBytes: -1, Bytes: -1, Samples: 1}
	err := o.Validate()
	for _, want := range []string{"again", "users 1", "group-size 10000", "name-bytes -1", "bytes -1", "size 0", "burst 0", "starts 0", "samples 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
}
