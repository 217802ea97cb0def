package eventlog

import (
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// The guarded clock follows the wall clock, by small steps ahead and by any step back; a jump ahead it takes for an
// error until it has lasted for a day, and goes on meanwhile. Read after each step of a script; times are counted from
// its beginning.
//
// Checked by breaking it: it fails when jumps are believed at once, when they never are, when a clock that came back
// is not forgiven, and when the guard stands still while it does not believe.
func TestGuard_GoesAheadNoFasterThanTime(t *testing.T) {
	t.Parallel()
	const start = im.Millis(1_700_000_000_000)
	const hour, day = time.Hour, 24 * time.Hour
	type step struct {
		after      time.Duration // that much real time later
		wall, want time.Duration // what the wall clock says, what the guarded one must
	}
	for name, steps := range map[string][]step{
		"a right clock":            {{hour, hour, hour}, {30 * day, 30*day + hour, 30*day + hour}},
		"small steps":              {{0, 4 * time.Minute, 4 * time.Minute}, {hour, hour, hour}},
		"an hour ahead":            {{0, hour, 0}, {time.Minute, hour + time.Minute, time.Minute}},
		"an hour ahead and back":   {{0, hour, 0}, {hour, hour, hour}, {hour, 2 * hour, 2 * hour}},
		"an hour back":             {{hour, 0, 0}, {hour, hour, hour}},
		"a day back and forth":     {{0, -day, -day}, {hour, hour, hour - day}, {day, hour + day, hour + day}},
		"a week ahead, for a day":  {{0, 7 * day, 0}, {day - 1e6, 8*day - 1e6, day - 1e6}, {1e6, 8 * day, 8 * day}, {hour, 8*day + hour, 8*day + hour}},
		"another jump after a day": {{0, 7 * day, 0}, {day, 8 * day, 8 * day}, {hour, 40 * day, 8*day + hour}},
		"ahead, back, and again":   {{0, 7 * day, 0}, {20 * hour, 20 * hour, 20 * hour}, {5 * hour, 8 * day, 25 * hour}},
		"a day without a look":     {{2 * day, 9 * day, 2 * day}, {23 * hour, 10 * day, 2*day + 23*hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wall, elapsed := start, 5*hour
			g := newGuard(func() im.Millis { return wall }, func() time.Duration { return elapsed })
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
	g := newGuard(func() im.Millis { return jump }, func() time.Duration { return elapsed })
	jump = 3_600_000
	for range 10_000 {
		elapsed += 100 * time.Microsecond
		g.now()
	}
	if got := g.now(); got != 1000 {
		t.Errorf("%d ms after a second, want 1000", got)
	}
}
