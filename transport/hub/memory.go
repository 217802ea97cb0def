package hub

import (
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// RepeatWindow is how long a Hub knows at least what a session has got.
	RepeatWindow = time.Minute
	// maxTellers bounds how many series one generation of a memory holds. Overflow: the older generation is
	// forgotten early, so a repeat of that time would be delivered twice.
	maxTellers = 4096
)

// sinceNow returns a clock of the monotonic time from now on. NB: by a wall clock that jumps ahead, all would be
// forgotten at once, and a repeat of a moment ago be delivered twice.
func sinceNow() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// series is what is numbered in one order: the messages of a teller, or the system messages that it tells.
type series struct {
	teller im.Address
	system bool
}

// place returns where d is in its series; 0 = in none, so that it never repeats.
func place(teller im.Address, d *pb.Delivery) (series, uint64) {
	if d.GetSystem() {
		return series{teller, true}, d.GetSeq()
	}
	return series{teller, false}, d.GetN()
}

// memory knows the highest number that a session got of each series. It holds two generations: a new one begins every
// RepeatWindow, and the one before the last is forgotten. The zero memory is empty.
type memory struct {
	current, previous map[series]uint64
	// began is when current began.
	began time.Duration
}

// news reports whether n is higher than all of its series before, and remembers it. n = 0 is always news.
func (m *memory) news(of series, n uint64, clock func() time.Duration) bool {
	if n == 0 {
		return true
	}
	m.turn(clock())
	if n <= m.current[of] || n <= m.previous[of] {
		return false
	}
	m.current[of] = n
	return true
}

// turn begins a new generation when it is time, or when the current one is full.
func (m *memory) turn(now time.Duration) {
	age := now - m.began
	if m.current != nil && age < RepeatWindow && len(m.current) < maxTellers {
		return
	}
	m.previous, m.current, m.began = m.current, make(map[series]uint64), now
	if age >= 2*RepeatWindow {
		m.previous = nil
	}
}
