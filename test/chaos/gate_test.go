package chaos

import (
	"sync"
	"time"
)

// gate is one way between two nodes: what the one says to the other, on whatever connection, goes through it. An open gate
// lets everything pass; one that is held keeps what comes, as lost packets would that are sent again until they arrive.
// Safe for concurrent use.
type gate struct {
	mu      sync.Mutex
	held    bool
	delay   time.Duration
	changed chan struct{} // closed at every change
}

func newGate() *gate { return &gate{changed: make(chan struct{})} }

// hold lets nothing through that is read after it returns, until release.
func (g *gate) hold() { g.set(func() { g.held = true }) }

// release lets through what was held, and what comes.
func (g *gate) release() { g.set(func() { g.held = false }) }

// slow makes everything late by delay; 0 = not.
func (g *gate) slow(delay time.Duration) { g.set(func() { g.delay = delay }) }

func (g *gate) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
	close(g.changed)
	g.changed = make(chan struct{})
}

// pass returns true when what arrived at the gate at that time may go on, false when done is closed before.
func (g *gate) pass(arrived time.Time, done <-chan struct{}) bool {
	for {
		g.mu.Lock()
		held, due, changed := g.held, time.Until(arrived.Add(g.delay)), g.changed
		g.mu.Unlock()
		if !held && due <= 0 {
			return true
		}
		if !await(held, due, changed, done) {
			return false
		}
	}
}

// await waits until the gate was changed, or what is not held is due. It returns false when done was closed.
func await(held bool, due time.Duration, changed, done <-chan struct{}) bool {
	var ripe <-chan time.Time
	if !held {
		t := time.NewTimer(due)
		defer t.Stop()
		ripe = t.C
	}
	select {
	case <-ripe:
	case <-changed:
	case <-done:
		return false
	}
	return true
}
