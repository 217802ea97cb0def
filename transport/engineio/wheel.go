package engineio

import (
	"sync"
	"time"
)

const (
	// wheelSlots times the pace of a wheel is how far it reaches; what waits for longer is passed over until its round comes.
	// With the default times that is 128 s, more than any heartbeat waits.
	wheelSlots = 512
	// pacePart is how many turns the shortest time of a heartbeat has, within these bounds.
	pacePart         = 64
	minPace, maxPace = time.Millisecond, 250 * time.Millisecond
)

// wheel is a timer for many owners of type O, one Session each. It takes 32 bytes of each, where a timer of the clock takes
// some 150 and a function to call. What it takes instead is precision: time is cut into turns, and who waits is called in
// the first turn at or after the moment that was asked for, so never early, and late by a turn at most.
//
// Who is due in turn n hangs in slot n modulo wheelSlots, so that nobody is sorted and nothing is allocated: set and drop cost
// the same however many hang there. One timer of the clock is set for the next slot that is not empty, and none when all are:
// an engine without sessions has no timer, and one that has few is woken as often as they are due.
//
// ring is called without the lock, in the timer's goroutine, for one owner after the other. It must not block. What is due waits
// in a list of which each call takes one; while that list is not empty the timer is set for the next turn, whose goroutine helps.
// So neither thousands that are due at once nor one that blocks after all keeps others waiting for much longer than a turn.
type wheel[O any] struct {
	clock  Clock
	origin time.Time // turn n is n times pace after it
	pace   time.Duration
	ring   func(*O)

	// mu is taken last of all.
	mu struct {
		sync.Mutex
		timer Timer // nil before the first is set
		// armed is the turn for which timer is set, or which it has just begun; 0 = nobody hangs. Invariant: no turn of a spoke
		// is earlier.
		armed int64
		// turned is the turn up to which due has everybody.
		turned int64
		// hanging counts the spokes in slots and due.
		hanging int
		slots   [wheelSlots]*spoke[O]
		due     *spoke[O]
	}
}

// spoke is what hangs in a wheel for owner. It is part of its owner. The wheel's mu guards the rest.
type spoke[O any] struct {
	owner *O
	next  *spoke[O]
	// at is the pointer of the list that points here; nil = it hangs nowhere.
	at   **spoke[O]
	turn int64
}

// paceOf returns how long a turn is when the shortest wait is that long.
func paceOf(shortest time.Duration) time.Duration {
	return min(max(shortest/pacePart, minPace), maxPace)
}

func (w *wheel[O]) init(clock Clock, pace time.Duration, ring func(*O)) {
	w.clock, w.origin, w.pace, w.ring = clock, clock.Now(), pace, ring
}

// now returns the time since the wheel was made.
func (w *wheel[O]) now() time.Duration { return w.clock.Now().Sub(w.origin) }

// set lets s be called once d has passed from now, and not when it was set for before. It may be called by ring.
func (w *wheel[O]) set(s *spoke[O], d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unhangLocked(s)
	now := w.now()
	s.turn = max(int64((now+d+w.pace-1)/w.pace), w.mu.turned+1)
	s.hang(&w.mu.slots[s.turn%wheelSlots])
	w.mu.hanging++
	if w.mu.armed == 0 || s.turn < w.mu.armed {
		w.armLocked(s.turn, now)
	}
}

// drop lets s not be called any more, unless it was or is.
func (w *wheel[O]) drop(s *spoke[O]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unhangLocked(s)
	if w.mu.hanging == 0 { // else the timer finds out
		w.disarmLocked()
	}
}

// isSet reports whether s is still to be called. In a call it says that s was set since.
func (w *wheel[O]) isSet(s *spoke[O]) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return s.at != nil
}

// turn is called by the timer.
func (w *wheel[O]) turn() {
	for o := w.next(); o != nil; o = w.next() {
		w.ring(o)
	}
}

// next takes one who is due out of the wheel, nil = nobody is, and sets the timer for who is left.
func (w *wheel[O]) next() (owner *O) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	w.collectLocked(int64(now / w.pace))
	if s := w.mu.due; s != nil {
		w.unhangLocked(s)
		owner = s.owner
	}
	if turn := w.nextTurnLocked(); turn > 0 {
		w.armLocked(turn, now)
	} else {
		w.disarmLocked()
	}
	return owner
}

// collectLocked moves who is due in that turn or before to due. After a long sleep it looks into each slot once.
func (w *wheel[O]) collectLocked(turn int64) {
	for n := max(w.mu.turned+1, turn-wheelSlots+1); n <= turn; n++ {
		for s := w.mu.slots[n%wheelSlots]; s != nil; {
			next := s.next
			if s.turn <= turn {
				s.unhang()
				s.hang(&w.mu.due)
			}
			s = next
		}
	}
	w.mu.turned = max(w.mu.turned, turn)
}

// nextTurnLocked returns the turn in which there may be something to do, 0 = none.
func (w *wheel[O]) nextTurnLocked() int64 {
	if w.mu.hanging == 0 {
		return 0
	}
	turn := w.mu.turned + 1
	for w.mu.due == nil && w.mu.slots[turn%wheelSlots] == nil {
		turn++
	}
	return turn
}

func (w *wheel[O]) armLocked(turn int64, now time.Duration) {
	w.mu.armed = turn
	wait := time.Duration(turn)*w.pace - now
	if w.mu.timer == nil {
		w.mu.timer = w.clock.AfterFunc(wait, w.turn)
		return
	}
	w.mu.timer.Reset(wait)
}

func (w *wheel[O]) disarmLocked() {
	w.mu.armed = 0
	if w.mu.timer != nil {
		w.mu.timer.Stop()
	}
}

// unhangLocked takes s out, if it hangs.
func (w *wheel[O]) unhangLocked(s *spoke[O]) {
	if s.at != nil {
		s.unhang()
		w.mu.hanging--
	}
}

// hang puts s at the beginning of the list.
func (s *spoke[O]) hang(list **spoke[O]) {
	s.next, s.at = *list, list
	if s.next != nil {
		s.next.at = &s.next
	}
	*list = s
}

func (s *spoke[O]) unhang() {
	*s.at = s.next
	if s.next != nil {
		s.next.at = s.at
	}
	s.next, s.at = nil, nil
}
