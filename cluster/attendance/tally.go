package attendance

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// tally waits for several nodes, and says once how it went: nil when all have answered so, else the first error.
type tally struct {
	mu   sync.Mutex
	open int
	err  error
	// done is nil once it was called, or is not to be.
	done func(error)
	// waiting is false until begun returns, which says itself how it went if all have answered.
	waiting bool
}

// begin counts one more answer that is to come.
func (t *tally) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open++
}

// end takes an answer. One that comes after an error is not looked at.
func (t *tally) end(err error) {
	if done := t.note(err); done != nil {
		done(err)
	}
}

func (t *tally) note(err error) (done func(error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
	if t.err == nil {
		t.err = err
	}
	if t.waiting && (err != nil || t.open == 0) {
		done, t.done = t.done, nil
	}
	return done
}

// begun says that all answers are counted. It returns what a method of actors.Hub does.
func (t *tally) begun() (later bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil || t.open == 0 {
		t.done = nil
		return false, t.err
	}
	t.waiting = true
	return true, nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
