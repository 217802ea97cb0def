package engineio

import (
	"sync"
	"time"
)

// heartbeat watches over one session (section 3.4). Revision 3: the client pings, and the session ends when nothing
// at all has come for interval + timeout. Revision 4: the server pings every interval, and the session ends when no
// pong comes within timeout.
type heartbeat struct {
	rev               Revision
	interval, timeout time.Duration
	clock             Clock
	// ping and expire act on the session. They are called without mu.
	ping, expire func()

	mu      sync.Mutex
	timer   Timer
	heard   time.Time // when something came last
	waiting bool      // revision 4: a ping is unanswered
	paused  bool      // the session is not read, so silence means nothing
	stopped bool
}

func (h *heartbeat) start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	h.heard = h.clock.Now()
	first := h.interval
	if h.rev == Rev3 {
		first += h.timeout
	}
	h.timer = h.clock.AfterFunc(first, h.tick)
}

// stop ends the heartbeat; nothing is called afterwards, apart from what is being called.
func (h *heartbeat) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	if h.timer != nil {
		h.timer.Stop()
	}
}

// packet notes that a packet has come.
func (h *heartbeat) packet(t Type) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = h.clock.Now()
	if h.rev == Rev4 && t == Pong && h.waiting && !h.stopped {
		h.waiting = false
		h.timer.Reset(h.interval)
	}
}

// setPaused notes that reading stops or goes on. What the client sent meanwhile is still to be read, so its time
// begins anew.
func (h *heartbeat) setPaused(paused bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.paused = paused
	h.heard = h.clock.Now()
	if !paused && h.waiting && !h.stopped {
		h.timer.Reset(h.timeout)
	}
}

// tick is called by the timer.
func (h *heartbeat) tick() {
	if act := h.next(); act != nil {
		act()
	}
}

// next decides what a tick means and sets the timer anew, unless the session expires.
func (h *heartbeat) next() (act func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return nil
	}
	wait, act := h.nextLocked()
	if wait > 0 {
		h.timer.Reset(wait)
	}
	return act
}

func (h *heartbeat) nextLocked() (wait time.Duration, act func()) {
	patience := h.timeout
	if h.rev == Rev3 {
		patience += h.interval
	}
	switch left := patience - h.clock.Now().Sub(h.heard); {
	case h.rev == Rev4 && !h.waiting:
		h.waiting = true
		return h.timeout, h.ping
	case h.paused:
		return patience, nil
	case h.rev == Rev3 && left > 0:
		return left, nil
	}
	return 0, h.expire
}
