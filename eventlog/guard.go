package eventlog

import (
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

const (
	// maxStep is how far ahead of the pace of time a wall clock may be and be believed at once: clocks are set right by
	// seconds, seldom by minutes.
	maxStep im.Millis = 5 * 60 * 1000
	// believeAfter is for how long a wall clock must stay ahead to be believed all the same: long enough for operators
	// to notice, and a machine that slept through a night catches up.
	believeAfter = 24 * time.Hour
)

// guard is a wall clock by which messages may be hidden: one that jumps a week ahead must not hide all of them. It
// follows the wall clock, back at once; but where that leaps ahead, it goes on at the pace of time until the wall clock
// has been ahead for believeAfter. Safe for concurrent use.
//
// NB: it knows nothing of the time before it was made. A node that starts with a wrong clock takes it for right.
type guard struct {
	wall func() im.Millis
	// elapsed is the monotonic time since any moment.
	elapsed func() time.Duration

	mu struct {
		sync.Mutex
		// base is the last reading of wall that was believed, at the elapsed time of it.
		base im.Millis
		at   time.Duration
		// ahead says that wall has not been believed since the elapsed time since.
		ahead bool
		since time.Duration
	}
}

func newGuard(wall func() im.Millis, elapsed func() time.Duration) *guard {
	g := &guard{wall: wall, elapsed: elapsed}
	g.mu.base, g.mu.at = wall(), elapsed()
	return g
}

// sinceNow returns a clock of the monotonic time from now on.
func sinceNow() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// now returns the guarded time.
func (g *guard) now() im.Millis {
	g.mu.Lock()
	defer g.mu.Unlock()
	wall, elapsed := g.wall(), g.elapsed()
	paced := g.mu.base + im.Millis((elapsed - g.mu.at).Milliseconds())
	if wall > paced+maxStep {
		if !g.mu.ahead {
			g.mu.ahead, g.mu.since = true, elapsed
		}
		if elapsed-g.mu.since < believeAfter {
			return paced
		}
	}
	g.mu.base, g.mu.at, g.mu.ahead = wall, elapsed, false
	return wall
}
