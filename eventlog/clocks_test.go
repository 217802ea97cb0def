package eventlog

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// What may be dropped, and by which time: a node alone goes by its own clock; one of several only when it has heard a majority of late,
// and then by the earlier of its clock and the median, if these are not apart. What was heard goes on at the pace of time, and is
// forgotten after ten seconds.
//
// Checked by breaking it: a row fails when half of the members are enough, when the upper of two counts as the median, when what was
// heard stands still, when it counts for ever, when a clock that is behind is not apart, and when those who are no members count.
func TestClocks_JudgeByTheMajority(t *testing.T) {
	t.Parallel()
	const start, hour = im.Millis(1_700_000_000_000), time.Hour
	for _, tt := range []struct {
		name    string
		own     time.Duration            // by how much this node's clock is wrong
		members int                      // this one, number 1, included
		heard   map[uint64]time.Duration // by how much those of others are
		after   time.Duration            // since they were heard
		now     time.Duration            // what may be dropped by, counted from start
		holdup  Holdup
	}{
		{"alone", 0, 1, nil, 0, 0, HoldupNone},
		{"agreed", 0, 3, map[uint64]time.Duration{2: time.Second, 3: -time.Second}, 0, 0, HoldupNone},
		{"a little ahead", time.Minute, 3, map[uint64]time.Duration{2: 0, 3: 0}, 0, 0, HoldupNone},
		{"a little behind", -time.Minute, 3, map[uint64]time.Duration{2: 0, 3: 0}, 0, -time.Minute, HoldupNone},
		{"ahead", hour, 3, map[uint64]time.Duration{2: 0, 3: 0}, 0, 0, HoldupClock},
		{"behind", -hour, 3, map[uint64]time.Duration{2: 0, 3: 0}, 0, 0, HoldupClock},
		{"another is ahead", 0, 3, map[uint64]time.Duration{2: hour, 3: 0}, 0, 0, HoldupNone},
		{"one of two is ahead", 0, 3, map[uint64]time.Duration{2: hour}, 0, 0, HoldupNone},
		{"one of two is behind", 0, 3, map[uint64]time.Duration{2: -hour}, 0, 0, HoldupClock},
		{"nobody is heard", 0, 3, nil, 0, 0, HoldupMembers},
		{"half is heard", 0, 4, map[uint64]time.Duration{2: 0}, 0, 0, HoldupMembers},
		{"a stranger is heard", 0, 3, map[uint64]time.Duration{9: 0}, 0, 0, HoldupMembers},
		{"a while ago", 0, 3, map[uint64]time.Duration{2: 0, 3: 0}, 9 * time.Second, 9 * time.Second, HoldupNone},
		{"too long ago", 0, 3, map[uint64]time.Duration{2: 0, 3: 0}, 10 * time.Second, 0, HoldupMembers},
	} {
		elapsed := hour
		wall := func() im.Millis { return start + im.Millis((elapsed - hour + tt.own).Milliseconds()) }
		passed := func() time.Duration { return elapsed }
		c := clocks{wall: wall, elapsed: passed, others: map[uint64]heardTime{}, step: maxStep, strict: newGuard(wall, passed, 24*hour, maxStep)}
		for member, off := range tt.heard {
			c.hear(member, Time{Wall: start + im.Millis(off.Milliseconds()), Retention: hour})
		}
		elapsed += tt.after
		members := make([]uint64, tt.members)
		for i := range members {
			members[i] = uint64(i) + 1
		}
		v := c.judge(members, 1)
		if now := time.Duration(v.now-start) * time.Millisecond; v.holdup != tt.holdup || v.holdup == HoldupNone && now != tt.now {
			t.Errorf("%s: %v, %q of %v, want %v, %q", tt.name, now, v.holdup, slices.Sorted(maps.Keys(tt.heard)), tt.now, tt.holdup)
		}
	}
}

// A node that agrees with others believes its clock from then on, also alone: it was right, though it had leapt ahead of time.
//
// Checked by breaking it: without trust the clock is not believed when the others are gone.
func TestClocks_AgreementIsBelieved(t *testing.T) {
	t.Parallel()
	wall, elapsed := im.Millis(1_700_000_000_000), time.Duration(0)
	g := newGuard(func() im.Millis { return wall }, func() time.Duration { return elapsed }, time.Hour, maxStep)
	c := clocks{wall: g.wall, elapsed: g.elapsed, others: map[uint64]heardTime{}, step: maxStep, strict: g}
	wall += 1e9
	if v := c.judge([]uint64{1}, 1); v.now == wall || v.ahead == 0 {
		t.Fatalf("alone: %+v, want that it is not believed", v)
	}
	c.hear(2, Time{Wall: wall})
	if v := c.judge([]uint64{1, 2}, 1); v.now != wall {
		t.Errorf("with another: %+v", v)
	}
	if v := c.judge([]uint64{1}, 1); v.now != wall || v.ahead != 0 {
		t.Errorf("alone again: %+v", v)
	}
}

// The longest window of all members counts, class by class, also of one that was not heard of late; not of one that is no member any more.
//
// Checked by breaking it: it fails when the first one counts, and when all that were ever heard do.
func TestClocks_LongestWindowCounts(t *testing.T) {
	t.Parallel()
	var elapsed time.Duration
	c := clocks{elapsed: func() time.Duration { return elapsed }, others: map[uint64]heardTime{}}
	c.hear(2, Time{Retention: 2 * time.Hour, RetentionStrangers: 5 * time.Hour})
	c.hear(3, Time{Retention: 3 * time.Hour, RetentionStrangers: time.Minute})
	c.hear(4, Time{Retention: 9 * time.Hour, RetentionStrangers: 9 * time.Hour})
	elapsed = time.Hour
	members := []uint64{1, 2, 3}
	if got := c.longest(store.ClassUsual, time.Hour, members); got != 3*time.Hour {
		t.Errorf("usual: %v", got)
	}
	if got := c.longest(store.ClassStrangers, time.Hour, members); got != 5*time.Hour {
		t.Errorf("strangers: %v", got)
	}
	if got := c.longest(store.ClassStrangers, 7*time.Hour, members); got != 7*time.Hour {
		t.Errorf("this node's own: %v", got)
	}
}
