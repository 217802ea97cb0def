package eventlog

import (
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// The guarded clock follows the wall clock, by small steps ahead and by any step back; but never further than five minutes ahead of the
// pace of time, however many steps there are, until the wall clock has been off for a day. Read after each step of a script; times are
// counted from its beginning.
//
// Checked by breaking it: it fails when jumps are believed at once, when they never are, when a clock that came back is not forgiven, when
// the guard stands still while it does not believe, when each reading that is believed becomes the anchor, when a clock that was set
// back for good never does, and when what it was ahead before vouches for a jump.
func TestGuard_GoesAheadNoFasterThanTime(t *testing.T) {
	t.Parallel()
	const start = im.Millis(1_700_000_000_000)
	const step5, second, hour, day = 5 * time.Minute, time.Second, time.Hour, 24 * time.Hour
	type step struct {
		after      time.Duration // that much real time later
		wall, want time.Duration // what the wall clock says, what the guarded one must
	}
	for name, steps := range map[string][]step{
		"a right clock":            {{hour, hour, hour}, {30 * day, 30*day + hour, 30*day + hour}},
		"small steps":              {{0, 4 * time.Minute, 4 * time.Minute}, {hour, hour, hour}},
		"steps that add up":        {{second, 4 * time.Minute, 4 * time.Minute}, {second, 8 * time.Minute, step5 + 2*second}, {second, 12 * time.Minute, step5 + 3*second}},
		"an hour ahead":            {{0, hour, step5}, {time.Minute, hour + time.Minute, step5 + time.Minute}},
		"an hour ahead and back":   {{0, hour, step5}, {hour, hour, hour}, {hour, 2 * hour, 2 * hour}},
		"an hour back":             {{hour, 0, 0}, {hour, hour, hour}},
		"a day back and forth":     {{0, -day, -day}, {hour, hour, hour}, {day, hour + day, hour + day}},
		"back for good":            {{0, -day, -day}, {day, 0, 0}, {0, day, step5}},
		"a week ahead, for a day":  {{0, 7 * day, step5}, {day - 1e6, 8*day - 1e6, day - 1e6 + step5}, {1e6, 8 * day, 8 * day}, {hour, 8*day + hour, 8*day + hour}},
		"another jump after a day": {{0, 7 * day, step5}, {day, 8 * day, 8 * day}, {hour, 40 * day, 8*day + hour + step5}},
		"ahead, back, and again":   {{0, 7 * day, step5}, {20 * hour, 20 * hour, 20 * hour}, {5 * hour, 8 * day, 25*hour + step5}},
		"a jump after a jump":      {{0, hour, step5}, {23 * hour, 30 * day, 23*hour + step5}, {hour, 30 * day, 25*hour + step5}, {day, 31 * day, 31 * day}},
		"a day without a look":     {{2 * day, 9 * day, 2*day + step5}, {23 * hour, 10 * day, 2*day + 23*hour + step5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wall, elapsed := start, 5*hour
			g := newGuard(func() im.Millis { return wall }, func() time.Duration { return elapsed }, day, maxStep)
			for i, s := range steps {
				elapsed += s.after
				wall = start + im.Millis(s.wall.Milliseconds())
				if got := time.Duration(g.now()-start) * time.Millisecond; got != s.want {
					t.Fatalf("step %d: %v, want %v", i, got, s.want)
				}
			}
		})
	}
}

// However often it is asked, a guarded clock that does not believe the wall clock goes on: parts of a millisecond add up.
//
// Checked by breaking it: it fails when each reading becomes the base of the next.
func TestGuard_GoesOnWhenAskedOften(t *testing.T) {
	t.Parallel()
	var elapsed time.Duration
	jump := im.Millis(0)
	g := newGuard(func() im.Millis { return jump }, func() time.Duration { return elapsed }, time.Hour, maxStep)
	jump = 3_600_000
	for range 10_000 {
		elapsed += 100 * time.Microsecond
		g.now()
	}
	if got := g.now() - maxStep; got != 1000 {
		t.Errorf("%d ms after a second, want 1000", got)
	}
}

// A clock goes on over restarts: what passed while the node was down counts as a step, and a step ahead counts when it has lasted, over
// all lives together, for as long as one that is seen. Each life is a guard that resumes what the one before has kept.
//
// Checked by breaking it: it fails when a life does not resume, when the time of the step begins anew with each, and when it counts on
// though the clock was right in between.
func TestGuard_GoesOnOverRestarts(t *testing.T) {
	t.Parallel()
	const start = im.Millis(1_700_000_000_000)
	const step5, hour, day = 5 * time.Minute, time.Hour, 24 * time.Hour
	type life struct {
		ahead, up  time.Duration // how far the wall clock is ahead of time that was lived through, and how long the life
		begin, end time.Duration // what the clock says, counted from the first start
	}
	for name, lives := range map[string][]life{
		"down for a minute":            {{0, hour, 0, hour}, {time.Minute, hour, hour + time.Minute, 2*hour + time.Minute}},
		"down for a month":             {{0, hour, 0, hour}, {30 * day, 10 * hour, hour + step5, 11*hour + step5}, {30 * day, 13 * hour, 11*hour + step5, 24*hour + step5}, {30 * day, 2 * hour, 24*hour + step5, 30*day + 26*hour}},
		"down for an hour, then ahead": {{0, hour, 0, hour}, {hour, 23 * hour, hour + step5, 24*hour + step5}, {30 * day, 2 * hour, 24*hour + step5, 27*hour + step5}},
		"put right":                    {{0, hour, 0, hour}, {30 * day, 23 * hour, hour + step5, 24*hour + step5}, {0, hour, 24 * hour, 25 * hour}, {30 * day, 2 * hour, 25*hour + step5, 27*hour + step5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lived time.Duration
			var k kept
			for i, l := range lives {
				elapsed := time.Duration(0)
				wall := func() im.Millis { return start + im.Millis((lived + elapsed + l.ahead).Milliseconds()) }
				g := newGuard(wall, func() time.Duration { return elapsed }, day, maxStep)
				if i > 0 {
					g.resume(k)
				}
				begin := g.now()
				elapsed = l.up
				end := g.now()
				k = g.keep()
				lived += l.up
				if begin != start+im.Millis(l.begin.Milliseconds()) || end != start+im.Millis(l.end.Milliseconds()) {
					t.Fatalf("life %d: from %v to %v, want %v to %v", i, time.Duration(begin-start)*time.Millisecond,
						time.Duration(end-start)*time.Millisecond, l.begin, l.end)
				}
			}
		})
	}
}
