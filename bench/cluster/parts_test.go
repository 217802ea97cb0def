package cluster

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Everything that is wrong is named, with its rule.
func TestOptions_ValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	o := Options{
		Nodes: []int{1, 3}, Conversations: []int{1}, Members: 2, Pools: 1, Window: 1, Rate: 1, Size: 1, Duration: 1, Idle: 1, Rounds: 1,
	}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	o = Options{Nodes: []int{3, 3}, Members: 1, Window: maxWindow + 1, Warmup: -1}
	err := o.Validate()
	for _, want := range []string{
		"nodes [3 3]", "conversations []", "members 1", "pools 0", "window 65", "rate 0", "size 0", "duration 0s", "warmup -1ns", "idle 0s", "rounds 0",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
}

// Users talk in the groups of their pool only, no two slots of a user in one, and all slots together in all of them. Checked by
// breaking it: with slots that begin one group apart, groups of other pools turn up.
func TestGroupsOf_SharesThePoolsGroups(t *testing.T) {
	t.Parallel()
	for _, conversations := range []int{1, 2, 3, 7, 100} {
		o := Options{Members: 2, Pools: 3, Window: 4}
		pools := min(o.Pools, conversations)
		c := &crowd{
			place: &place{opts: o}, groups: make([]string, conversations), users: pools * o.Members, window: min(o.Window, conversations/pools),
		}
		var all []int
		for u := range c.users {
			for slot := range c.window {
				mine := c.groupsOf(u, slot)
				if len(mine) == 0 {
					t.Errorf("%d conversations: user %d has nowhere to talk in slot %d", conversations, u, slot)
				}
				for _, g := range mine {
					if first := o.pool(g); u < first || u >= first+o.Members {
						t.Errorf("%d conversations: user %d talks in group %d, which is not its pool's", conversations, u, g)
					}
				}
				all = append(all, mine...)
			}
		}
		slices.Sort(all)
		if len(all) != o.Members*conversations || len(slices.Compact(all)) != conversations {
			t.Errorf("%d conversations: talked in are %v", conversations, all)
		}
		for i := range 3 * conversations {
			if first, who := o.pool(i%conversations), c.speaker(i); who < first || who >= first+o.Members {
				t.Errorf("%d conversations: message %d is said by user %d, who is no member", conversations, i, who)
			}
		}
	}
}

// A message that was said late, since a server took none, counts from when it was due: that is what makes a pause show in the
// latency. One that was refused does not count.
func TestFlight_LatencyCountsFromWhenAMessageWasDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFlight(10, 500*time.Millisecond)
		<-time.After(time.Second) // nothing was taken for a second
		f.late = make([]time.Duration, 5)
		for i := range 5 {
			f.landed(i, i != 1)
			f.landed(i, true) // a second answer is none
		}
		<-f.landing
		var m Measurement
		f.judge(&m, 1)
		want := Latency{P50: 700_000, P99: 800_000, Max: 800_000}
		if m.Latency != want || m.OpenRefused != 1 {
			t.Errorf("got %+v and %d refused, want %+v and 1", m.Latency, m.OpenRefused, want)
		}
	})
}

// A quantile is one of the values: the least that so many of a hundred do not exceed.
func TestLatency_TakesQuantiles(t *testing.T) {
	t.Parallel()
	var some []time.Duration
	for i := 200; i >= 1; i-- {
		some = append(some, time.Duration(i)*time.Millisecond)
	}
	if got, want := latency(some), (Latency{P50: 100_000, P99: 198_000, Max: 200_000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := latency(nil); got != (Latency{}) {
		t.Errorf("got %+v of none", got)
	}
}

// A ratio is that of one round: what the machine does in another is not compared with it.
func TestReport_RatioComparesWithinARound(t *testing.T) {
	t.Parallel()
	r := Report{Parameters: Parameters{Nodes: []int{1, 3}}}
	for round, speeds := range [][2]float64{{100, 50}, {1000, 400}, {10, 8}} {
		r.Loads = append(r.Loads,
			Measurement{Nodes: 1, Conversations: 7, Round: round, PerSecond: speeds[0]},
			Measurement{Nodes: 3, Conversations: 7, Round: round, PerSecond: speeds[1]},
			Measurement{Nodes: 3, Conversations: 8, Round: round, PerSecond: 1})
	}
	speed := func(m Measurement) float64 { return m.PerSecond }
	if got := r.Ratio(3, 7, speed); got != 0.5 {
		t.Errorf("the ratio is %v, want 0.5", got)
	}
	if got := r.Median(3, 7, speed); got != 50 {
		t.Errorf("the median is %v, want 50", got)
	}
	if got := r.Ratio(3, 8, speed); got != 0 {
		t.Errorf("the ratio to nothing is %v", got)
	}
}

// Numbers of answers are read as they come.
func TestCutNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"0[{}]": 0, "17[]": 17, "[]": -1, "": -1, "-1[": -1} {
		got, rest, ok := cutNumber([]byte(text))
		if ok != (want >= 0) || ok && (got != want || !strings.HasPrefix(string(rest), "[")) {
			t.Errorf("%q: %d %q %v", text, got, rest, ok)
		}
	}
}
