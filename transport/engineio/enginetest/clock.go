// Package enginetest helps to test what is built on package engineio.
package enginetest

import (
	"sync"
	"time"

	"github.com/parley-im/parley/transport/engineio"
)

// Clock is an engineio.Clock that stands still until Advance. The zero Clock is ready. Safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*timer]struct{} // those that are set
}

type timer struct {
	clock *Clock
	at    time.Time
	f     func()
}

// Now returns the clock's time, which begins at the zero time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc is documented at engineio.Clock; f runs in the goroutine that calls Advance.
func (c *Clock) AfterFunc(d time.Duration, f func()) engineio.Timer {
	t := &timer{clock: c, f: f}
	t.Reset(d)
	return t
}

// Advance moves the clock, stopping at each timer on the way to run it.
func (c *Clock) Advance(d time.Duration) {
	end := c.Now().Add(d)
	for t := c.nextUntil(end); t != nil; t = c.nextUntil(end) {
		t.f()
	}
}

// Timers returns how many timers are set.
func (c *Clock) Timers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// nextUntil moves the clock to the next timer that is due, which it unsets, or to end.
func (c *Clock) nextUntil(end time.Time) (next *timer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range c.timers {
		if !t.at.After(end) && (next == nil || t.at.Before(next.at)) {
			next = t
		}
	}
	if next == nil {
		c.now = end
		return nil
	}
	c.now = next.at
	delete(c.timers, next)
	return next
}

// Stop is documented at engineio.Timer.
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	_, was := t.clock.timers[t]
	delete(t.clock.timers, t)
	return was
}

// Reset is documented at engineio.Timer.
func (t *timer) Reset(d time.Duration) bool {
	was := t.Stop()
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.clock.timers == nil {
		t.clock.timers = make(map[*timer]struct{})
	}
	t.at = t.clock.now.Add(d)
	t.clock.timers[t] = struct{}{}
	return was
}
