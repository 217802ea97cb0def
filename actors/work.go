package actors

import "sync"

// work is what an activation has in its hands. Most of them rest most of the time, and have none then: it is taken up with each
// message, and put down behind it when nothing is left of it.
type work struct {
	waiting []envelope // commands that came while loading, bounded by what the callers may have in flight
	writes  []write    // decided, in order of seq, not released
	reads   []read     // answers that wait for a barrier, in order of seq
	// confirming is how many of reads the barrier under way serves.
	confirming int
	// pendingIDs holds the ids of writes that are not stored: a repeat of one waits for it.
	pendingIDs map[string]uint64
	held       []held // replies that wait for their tells, in order of seq
	box        outbox
}

var works = sync.Pool{New: func() any { return &work{} }}

// takeUp gives the activation work that it can add to. putDown follows when the message is handled.
func (a *activation) takeUp() {
	if a.work == nil {
		a.work = works.Get().(*work)
	}
}

func (a *activation) putDown() {
	if w := a.work; w.isDone() {
		*w = work{}
		works.Put(w)
		a.work = nil
	}
}

// isDone reports whether nothing is left.
func (w *work) isDone() bool {
	return len(w.waiting) == 0 && len(w.writes) == 0 && len(w.reads) == 0 && len(w.held) == 0 && len(w.pendingIDs) == 0 &&
		w.box.empty() && w.box.flying == 0
}
