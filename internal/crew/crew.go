package crew

import (
	"sync"
	"time"
)

// Crew runs work in goroutines that were used before. The zero value is ready.
type Crew struct {
	mu struct {
		sync.Mutex
		// resting wait for work, the one that rested last at the end.
		resting []chan func()
		// least is how many were resting at the same time since the last dismissal, at least.
		least int
		// dismissing says that a goroutine dismisses those that are not needed.
		dismissing bool
	}
}

const (
	// maxResting bounds how many wait for work. Overflow: who is done ends.
	maxResting = 256
	// restTime is how long goroutines wait at least that are not needed, twice that at most.
	restTime = 50 * time.Millisecond
)

// Go has work done soon, in another goroutine. It does not block.
func (c *Crew) Go(work func()) {
	if hand := c.take(); hand != nil {
		hand <- work
		return
	}
	go c.work(work)
}

// take returns somebody who rests; nil = there is nobody.
func (c *Crew) take() (hand chan func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := len(c.mu.resting) - 1
	if end < 0 {
		return nil
	}
	hand, c.mu.resting = c.mu.resting[end], c.mu.resting[:end]
	c.mu.least = min(c.mu.least, end)
	return hand
}

// work does what comes until nobody needs it any more.
func (c *Crew) work(work func()) {
	hand := make(chan func(), 1) // whoever hands over work does not wait
	for work != nil {
		work()
		if !c.rest(hand) {
			return
		}
		work = <-hand
	}
}

// rest takes note of somebody who waits for work; false = there are enough.
func (c *Crew) rest(hand chan func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.mu.resting) == maxResting {
		return false
	}
	c.mu.resting = append(c.mu.resting, hand)
	if !c.mu.dismissing {
		c.mu.dismissing = true
		time.AfterFunc(restTime, c.dismiss)
	}
	return true
}

// dismiss ends those that were not needed since it was called last.
func (c *Crew) dismiss() {
	for _, hand := range c.idle() {
		hand <- nil
	}
}

// idle takes out those that rested all the time, and looks again later if others are left.
func (c *Crew) idle() []chan func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	idle := append([]chan func(){}, c.mu.resting[:c.mu.least]...)
	c.mu.resting = append(c.mu.resting[:0], c.mu.resting[c.mu.least:]...)
	c.mu.least = len(c.mu.resting)
	if c.mu.dismissing = c.mu.least > 0; c.mu.dismissing {
		time.AfterFunc(restTime, c.dismiss)
	}
	return idle
}
