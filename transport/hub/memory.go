package hub

import (
	"time"

	"github.com/parley-im/parley/im"
)

const (
	// RepeatWindow is how long a Hub knows at least what a session has got.
	RepeatWindow im.Millis = 60_000
	// maxTellers bounds how many tellers one generation of a memory holds. Overflow: the older generation is
	// forgotten early, so a repeat of that time would be delivered twice.
	maxTellers = 4096
)

func wallClock() im.Millis { return im.At(time.Now()) }

// memory knows the highest n that a session got from each teller. It holds two generations: a new one begins every
// RepeatWindow, and the one before the last is forgotten. The zero memory is empty.
type memory struct {
	current, previous map[im.Address]uint64
	// began is when current began.
	began im.Millis
}

// news reports whether n is higher than all that teller sent before, and remembers it. n = 0 is always news.
func (m *memory) news(teller im.Address, n uint64, clock func() im.Millis) bool {
	if n == 0 {
		return true
	}
	m.turn(clock())
	if n <= m.current[teller] || n <= m.previous[teller] {
		return false
	}
	m.current[teller] = n
	return true
}

// turn begins a new generation when it is time, or when the current one is full.
func (m *memory) turn(now im.Millis) {
	age := now - m.began
	if m.current != nil && age < RepeatWindow && len(m.current) < maxTellers {
		return
	}
	m.previous, m.current, m.began = m.current, make(map[im.Address]uint64), now
	if age >= 2*RepeatWindow {
		m.previous = nil
	}
}
