package engineio

import "time"

// IsPolled reports whether a poll of the session is in progress.
func (s *Session) IsPolled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.get != nil
}

// IsAtRest reports whether a poll of the session waits and is parked, or will not be for long.
func (s *Session) IsAtRest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.get != nil && (s.mu.get.parked != nil || s.engine.opts.ParkAfter > time.Minute)
}

// IsPosted reports whether a POST of the session is in progress.
func (s *Session) IsPosted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.post != nil
}

// IsProbed reports whether an upgrade of the session is under way.
func (s *Session) IsProbed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.probe != nil
}

// Sessions returns how many sessions can be found, those included that ended while a request of theirs was in progress.
func (e *Engine) Sessions() int {
	e.table.mu.Lock()
	defer e.table.mu.Unlock()
	return len(e.table.mu.sessions)
}

// Beats returns how many heartbeats are timed.
func (e *Engine) Beats() int { return e.wheel.len() }

// Rest returns a session whose heartbeat is timed and that has nothing else, not even a place in the table.
func (e *Engine) Rest(r Revision) *Session {
	s := e.newSession(Handshake{Revision: r})
	s.beat.start()
	return s
}

// StopBeat ends the session's heartbeat.
func (s *Session) StopBeat() { s.beat.stop() }

// Tick is what the wheel calls.
func (s *Session) Tick() { s.tick() }

// MaxPace is documented at maxPace.
const MaxPace = maxPace

// WheelSlots is documented at wheelSlots.
const WheelSlots = wheelSlots

// PaceOf is documented at paceOf.
func PaceOf(shortest time.Duration) time.Duration { return paceOf(shortest) }

// Spoke is documented at spoke.
type Spoke[O any] struct{ spoke[O] }

// Wheel is documented at wheel.
type Wheel[O any] struct{ wheel[O] }

// NewWheel returns an empty Wheel.
func NewWheel[O any](clock Clock, pace time.Duration, ring func(*O)) *Wheel[O] {
	w := &Wheel[O]{}
	w.init(clock, pace, ring)
	return w
}

// Set is wheel.set, for the spoke of o.
func (w *Wheel[O]) Set(o *O, s *Spoke[O], d time.Duration) {
	if s.owner == nil { // once: the wheel reads it
		s.owner = o
	}
	w.set(&s.spoke, d)
}

// Drop is wheel.drop.
func (w *Wheel[O]) Drop(s *Spoke[O]) { w.drop(&s.spoke) }

// IsSet is wheel.isSet.
func (w *Wheel[O]) IsSet(s *Spoke[O]) bool { return w.isSet(&s.spoke) }

// Len returns how many hang in the wheel.
func (w *Wheel[O]) Len() int { return w.len() }

func (w *wheel[O]) len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.hanging
}
