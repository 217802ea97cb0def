package engineio

import (
	"sync"
	"time"
)

// heartbeat watches over one session (section 3.4). Revision 3: the client pings, and the session ends when nothing
// at all has come for interval + timeout. Revision 4: the server pings every interval, and the session ends when no
// pong comes within timeout.
//
// It is timed by the engine's wheel: there are as many heartbeats as sessions, most of which do nothing else for hours. So it is
// part of its session, and what is the same for all is the engine's.
type heartbeat struct {
	spoke spoke[Session]

	// mu is taken before that of the wheel.
	mu      sync.Mutex
	heard   time.Duration // when something came last, by the wheel's time
	waiting bool          // revision 4: a ping is unanswered
	paused  bool          // the session is not read, so silence means nothing
	stopped bool
}

func (h *heartbeat) session() *Session { return h.spoke.owner }

func (h *heartbeat) wheel() *wheel[Session] { return &h.session().engine.wheel }

func (h *heartbeat) interval() time.Duration { return h.session().engine.opts.PingInterval }

func (h *heartbeat) timeout() time.Duration {
	return h.session().engine.opts.pingTimeout(h.session().rev)
}

func (h *heartbeat) start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	h.heard = h.wheel().now()
	first := h.interval()
	if h.session().rev == Rev3 {
		first += h.timeout()
	}
	h.wheel().set(&h.spoke, first)
}

// stop ends the heartbeat; nothing is called afterwards, apart from what is being called.
func (h *heartbeat) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	h.wheel().drop(&h.spoke)
}

// packet notes that a packet has come.
func (h *heartbeat) packet(t Type) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = h.wheel().now()
	if h.session().rev == Rev4 && t == Pong && h.waiting && !h.stopped {
		h.waiting = false
		h.wheel().set(&h.spoke, h.interval())
	}
}

// setPaused notes that reading stops or goes on. What the client sent meanwhile is still to be read, so its time
// begins anew.
func (h *heartbeat) setPaused(paused bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.paused = paused
	h.heard = h.wheel().now()
	if !paused && h.waiting && !h.stopped {
		h.wheel().set(&h.spoke, h.timeout())
	}
}

// tick is called by the wheel.
func (s *Session) tick() {
	if act := s.beat.next(); act != nil {
		act(s)
	}
}

// next decides what a tick means and sets the next one, unless the session expires. A tick that was overtaken by a packet or
// a pause, which set another, means nothing.
func (h *heartbeat) next() (act func(*Session)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped || h.wheel().isSet(&h.spoke) {
		return nil
	}
	wait, act := h.nextLocked()
	if wait > 0 {
		h.wheel().set(&h.spoke, wait)
	}
	return act
}

func (h *heartbeat) nextLocked() (wait time.Duration, act func(*Session)) {
	rev, patience := h.session().rev, h.timeout()
	if rev == Rev3 {
		patience += h.interval()
	}
	switch left := patience - (h.wheel().now() - h.heard); {
	case rev == Rev4 && !h.waiting:
		h.waiting = true
		return patience, (*Session).ping
	case h.paused:
		return patience, nil
	case rev == Rev3 && left > 0:
		return left, nil
	}
	return 0, (*Session).expire
}
