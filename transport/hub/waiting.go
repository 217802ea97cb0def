package hub

import "sync"

// waiting is what was said in a room since the pass in progress began, and who came and went meanwhile.
type waiting struct {
	mu sync.Mutex
	// turns are in the order in which the pass is to take them.
	turns []turn
	// bytes is what the sayings among them take.
	bytes int
	// passing says that a goroutine is at work that will take turns. Invariant: nothing waits without it.
	passing bool
}

// turn is a saying, or, if that is nil, a member that becomes a listener or ends to be one.
type turn struct {
	saying *saying
	member *member
	comes  bool
}

// say takes a saying, unless more than limit bytes would wait then. start asks for a goroutine that passes.
func (w *waiting) say(s *saying, limit int) (start bool, bytes int, taken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bytes+s.size() > limit {
		return false, w.bytes, false
	}
	w.turns = append(w.turns, turn{saying: s})
	w.bytes += s.size()
	start, w.passing = !w.passing, true
	return start, w.bytes, true
}

// put takes who comes or goes, if somebody passes who will see to it. Else that is the caller, until rest says that it may go.
func (w *waiting) put(t turn) (later bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.passing {
		w.turns = append(w.turns, t)
		return true
	}
	w.passing = true
	return false
}

// take returns what waits.
func (w *waiting) take() []turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	turns := w.turns
	w.turns, w.bytes = nil, 0
	return turns
}

// rest reports whether nothing waits, and then who asks passes no more.
func (w *waiting) rest() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passing = len(w.turns) > 0
	return !w.passing
}

// rests reports whether nobody passes.
func (w *waiting) rests() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.passing
}

// taken is what a pass takes.
type taken struct {
	sayings []*saying
	// parts say who hears only a part of them; of one member in order.
	parts []part
	// came are those who are listeners when the pass is over, each with the number of sayings that were there before.
	came map[*member]int
}

// part says that m hears sayings[from:to], since it came or went meanwhile.
type part struct {
	m        *member
	from, to int
}

// takeLocked returns what waits, and takes out who hears only a part of it. An activation that was replaced and does not know it
// yet is not heard any more.
func (r *room) takeLocked() (t taken) {
	for _, next := range r.waiting.take() {
		switch {
		case next.saying == nil && next.comes:
			t.comes(next.member)
		case next.saying == nil:
			if !t.goes(next.member) {
				r.removeLocked(next.member)
				t.hears(next.member, 0)
			}
		case !next.saying.epoch.Less(r.epoch):
			r.epoch = next.saying.epoch
			t.sayings = append(t.sayings, next.saying)
		}
	}
	for m, from := range t.came {
		t.hears(m, from)
	}
	return t
}

func (t *taken) comes(m *member) {
	if t.came == nil {
		t.came = make(map[*member]int)
	}
	t.came[m] = len(t.sayings)
}

// goes takes note of one that came a moment ago and goes; false = it had been a listener before.
func (t *taken) goes(m *member) bool {
	from, came := t.came[m]
	if came {
		delete(t.came, m)
		t.hears(m, from)
	}
	return came
}

// hears notes that m hears what was said until now, but for the first from.
func (t *taken) hears(m *member, from int) {
	if from < len(t.sayings) {
		t.parts = append(t.parts, part{m, from, len(t.sayings)})
	}
}
