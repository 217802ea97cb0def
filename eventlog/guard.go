package eventlog

import (
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

const (
	// maxStep is how far ahead of the pace of time a wall clock may be and be believed at once: clocks are set right by seconds, seldom
	// by minutes.
	maxStep im.Millis = 5 * 60 * 1000
	// believeAfter is for how long a wall clock must stay ahead to be believed all the same, where the window is not shorter: long
	// enough for operators to notice, and a machine that slept through a night catches up.
	believeAfter = 24 * time.Hour
)

// guard is a wall clock by which messages may be hidden or deleted: one that jumps a week ahead must not take all of them away. It
// follows the wall clock, back at once, but never further ahead than step beyond an anchor that goes at the pace of time. So
// steps do not add up. By what the wall clock has been off, ahead or behind, at least, for all of believe, the anchor is moved. Safe for
// concurrent use.
//
// NB: it knows nothing of the time before it was made but what it is told by resume. One that is made with a wrong clock takes it
// for right.
type guard struct {
	wall func() im.Millis
	// elapsed is the monotonic time since any moment.
	elapsed func() time.Duration
	believe time.Duration
	// step is how far ahead of the pace of time wall is believed at once.
	step im.Millis

	mu struct {
		sync.Mutex
		// anchor is a reading of wall that was believed, at the elapsed time of it.
		anchor im.Millis
		at     time.Duration
		// off is by how much wall has been ahead of the anchor at least since the elapsed time since, or behind it when negative: by
		// more than step. 0 = it is near. NB: at least, lest the hours that a node was down vouch for a month that it jumps later.
		off   im.Millis
		since time.Duration
	}
}

// newGuard returns a guard that takes the wall clock for right.
func newGuard(wall func() im.Millis, elapsed func() time.Duration, believe time.Duration, step im.Millis) *guard {
	g := &guard{wall: wall, elapsed: elapsed, believe: believe, step: step}
	g.mu.anchor, g.mu.at = wall(), elapsed()
	return g
}

// sinceNow returns a clock of the monotonic time from now on.
func sinceNow() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// now returns the guarded time.
func (g *guard) now() im.Millis {
	now, _ := g.look()
	return now
}

// look returns the guarded time, and whether that is what the wall clock says.
func (g *guard) look() (now im.Millis, believed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wall, elapsed := g.wall(), g.elapsed()
	paced := g.pacedLocked(elapsed)
	g.waitLocked(wall-paced, elapsed)
	if g.mu.off != 0 && elapsed-g.mu.since >= g.believe {
		paced += g.mu.off
		g.anchorLocked(paced, elapsed)
		g.waitLocked(wall-paced, elapsed)
	}
	return min(wall, paced+g.step), wall <= paced+g.step
}

// waitLocked notes by how much wall is ahead of the anchor.
func (g *guard) waitLocked(offset im.Millis, elapsed time.Duration) {
	switch off := &g.mu.off; {
	case max(offset, -offset) <= g.step:
		*off = 0
	case offset > 0 && *off > 0:
		*off = min(*off, offset)
	case offset < 0 && *off < 0:
		*off = max(*off, offset)
	default:
		*off, g.mu.since = offset, elapsed
	}
}

// pacedLocked is the anchor as it goes on at the pace of time.
func (g *guard) pacedLocked(elapsed time.Duration) im.Millis {
	return g.mu.anchor + im.Millis((elapsed - g.mu.at).Milliseconds())
}

func (g *guard) anchorLocked(wall im.Millis, elapsed time.Duration) {
	g.mu.anchor, g.mu.at, g.mu.off = wall, elapsed, 0
}

// trust makes the wall clock the anchor: others say the same.
func (g *guard) trust() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.anchorLocked(g.wall(), g.elapsed())
}

// kept is what a guard hands over to the one of the next start, in ms.
type kept struct {
	// Believed is the anchor, at the moment of writing.
	Believed im.Millis `json:"believed"`
	// Off is by how much at least the wall clock had been ahead of it, by more than step, and for Ahead of uptime. Zero means that it
	// was not.
	Off   im.Millis `json:"off,omitempty"`
	Ahead int64     `json:"ahead,omitempty"`
}

// keep returns what resume wants.
func (g *guard) keep() kept {
	g.mu.Lock()
	defer g.mu.Unlock()
	elapsed := g.elapsed()
	k := kept{Believed: g.pacedLocked(elapsed)}
	if g.mu.off > 0 {
		k.Off, k.Ahead = g.mu.off, (elapsed - g.mu.since).Milliseconds()
	}
	return k
}

// resume goes on with the anchor of the life before: the time that passed since counts as a step ahead. If the wall clock had been
// ahead then, and is, that goes on too.
func (g *guard) resume(k kept) {
	g.mu.Lock()
	defer g.mu.Unlock()
	elapsed := g.elapsed()
	g.anchorLocked(k.Believed, elapsed)
	if k.Off > 0 {
		g.mu.off, g.mu.since = k.Off, elapsed-time.Duration(k.Ahead)*time.Millisecond
	}
}
