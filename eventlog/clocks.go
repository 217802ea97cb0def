package eventlog

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Time is what a member says of its clock, and of how long it keeps what.
type Time struct {
	// Wall is what its wall clock says.
	Wall im.Millis
	// Retention and RetentionStrangers are its windows.
	Retention, RetentionStrangers time.Duration
}

// Time returns what this node says of itself. All other members are to hear it about once a second.
func (l *Log) Time() Time {
	return Time{Wall: l.o.Clock(), Retention: l.o.Retention, RetentionStrangers: l.o.RetentionStrangers}
}

// HearTime takes what another member, by its number, says of itself. Whoever calls it has checked that it is that member who says
// so. It does not block.
func (l *Log) HearTime(member uint64, t Time) {
	if member != l.Replica() {
		l.clocks.hear(member, t)
	}
}

// Now returns the time for stamps: that of Options.Clock, but never more than five minutes ahead of the pace of time, until the clock
// has been ahead for a day, or for the window where that is shorter. Back it follows at once.
func (l *Log) Now() im.Millis { return l.clock.now() }

// Outdated returns the time before which may go what is kept for as long as messages: by the clocks of the members, and the longest of their
// windows. ok = false: they do not agree, or too few are heard of, and nothing may go.
func (l *Log) Outdated() (before im.Millis, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return 0, false
	}
	members := l.numbers()
	v := l.clocks.judge(members, l.Replica())
	window := l.clocks.longest(store.ClassUsual, l.o.window(store.ClassUsual), members)
	return v.now - im.Millis(window.Milliseconds()), v.holdup == HoldupNone
}

// heardFor is for how long what a member said of its clock counts. It says so once a second, as long as it is linked.
const heardFor = 10 * time.Second

// clocks say by which time may be dropped what is old. It is stricter than the guard by which reads hide: what is hidden comes back.
// A node alone knows its own clock, and what that said in earlier lives; in a cluster, those of the others too. Safe for concurrent
// use.
type clocks struct {
	wall    func() im.Millis
	elapsed func() time.Duration
	// strict is the clock of a node alone.
	strict *guard
	// step is how far clocks may be ahead of time, or apart: five minutes, and half a bucket where that is shorter.
	step im.Millis

	mu sync.Mutex
	// others are those that were heard of, by number. What is not a member's is not looked at.
	others map[uint64]heardTime
}

// heardTime is what was heard when.
type heardTime struct {
	Time
	at time.Duration
}

// maxHeard bounds the numbers that are heard of: more than there are members.
const maxHeard = 1024

func (c *clocks) hear(member uint64, t Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.others[member]; known || len(c.others) < maxHeard {
		c.others[member] = heardTime{t, c.elapsed()}
	}
}

// verdict is what the clocks say.
type verdict struct {
	// now is the time by which may be dropped, unless holdup says why nothing may.
	now    im.Millis
	holdup Holdup
	wall   im.Millis
	// members is how many there are, heard how many of them were, this one included.
	members, heard int
	// ahead is how far the wall clock is ahead of what it is measured by: of the others' median, or alone of what is believed.
	ahead im.Millis
}

// judge asks the clocks of the members with these numbers, of which this node is self.
func (c *clocks) judge(members []uint64, self uint64) verdict {
	if len(members) < 2 {
		return c.alone()
	}
	v := verdict{wall: c.wall(), members: len(members)}
	walls := append(c.heard(members, self), v.wall)
	v.heard = len(walls)
	if 2*v.heard <= v.members {
		v.holdup = HoldupMembers
		return v
	}
	slices.Sort(walls)
	median := walls[(len(walls)-1)/2] // the lower one of two: nothing is dropped too soon
	v.ahead = v.wall - median
	if max(v.ahead, -v.ahead) > c.step {
		v.holdup = HoldupClock
		return v
	}
	c.strict.trust()
	v.now = min(v.wall, median)
	return v
}

// alone is judge without others: time goes on at its pace whatever the wall clock does, so something may always be dropped.
func (c *clocks) alone() verdict {
	now, _ := c.strict.look()
	wall := c.wall()
	return verdict{now: now, wall: wall, members: 1, heard: 1, ahead: max(0, wall-now)}
}

// heard returns what the wall clocks of the other members say now, as far as they were heard of late.
func (c *clocks) heard(members []uint64, self uint64) (walls []im.Millis) {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.elapsed()
	for _, m := range members {
		if h, ok := c.others[m]; ok && m != self && elapsed-h.at < heardFor {
			walls = append(walls, h.Wall+im.Millis((elapsed-h.at).Milliseconds()))
		}
	}
	return walls
}

// longest returns the longest window of a class that this node or another of the members has, as far as they were ever heard: what one
// of them still shows must not go.
func (c *clocks) longest(class store.Class, own time.Duration, members []uint64) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range members {
		if h, ok := c.others[m]; ok {
			own = max(own, h.window(class))
		}
	}
	return own
}

func (t Time) window(class store.Class) time.Duration {
	if class == store.ClassStrangers {
		return t.RetentionStrangers
	}
	return t.Retention
}
