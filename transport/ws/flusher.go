package ws

import "sync"

// flusher writes what was queued for connections, in a goroutine of its own: one write for all that was queued for a
// connection until its turn comes, and no waiting for more.
type flusher struct {
	mu struct {
		sync.Mutex
		ready sync.Cond
		// dirty have something to be written; each is in it once.
		dirty  []flushable
		closed bool
	}
}

type flushable interface{ flush() }

func (f *flusher) init() { f.mu.ready.L = &f.mu }

// add has c flushed soon.
func (f *flusher) add(c flushable) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.dirty = append(f.mu.dirty, c)
	f.mu.ready.Signal()
}

func (f *flusher) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.closed = true
	f.mu.ready.Signal()
}

func (f *flusher) run() {
	var spare []flushable
	for {
		dirty := f.take(spare)
		if dirty == nil {
			return
		}
		for i, c := range dirty {
			c.flush()
			dirty[i] = nil
		}
		spare = dirty[:0]
	}
}

// take waits for the dirty ones; nil = it is over. spare is what the next ones are put in.
func (f *flusher) take(spare []flushable) []flushable {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.mu.dirty) == 0 && !f.mu.closed {
		f.mu.ready.Wait()
	}
	if len(f.mu.dirty) == 0 {
		return nil
	}
	dirty := f.mu.dirty
	f.mu.dirty = spare
	return dirty
}
