package writeloop

import (
	"sync"
	"time"
)

// retry is the time between two passes to those who owe nothing new.
const retry = time.Millisecond

// queue is what was said to a room and is not written yet. It has no bound of its own: who speaks waits for an answer in no
// protocol that is measured here but for the window of the load, which bounds it.
type queue struct {
	// ready has an element when something was said since the pump took all.
	ready chan struct{}

	mu   sync.Mutex
	said []saying
}

// saying is a frame, and who does not get it.
type saying struct {
	from  *member
	frame []byte
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

func (q *queue) add(s saying) {
	q.mu.Lock()
	q.said = append(q.said, s)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) take() []saying {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.said
	q.said = nil
	return all
}

// pump writes what is said to a room until the server closes: one pass over its members for all that has gathered.
func (s *Server) pump(r *room) {
	tick := time.NewTicker(retry)
	defer tick.Stop()
	for owing := false; ; {
		var again <-chan time.Time
		if owing {
			again = tick.C
		}
		select {
		case <-r.queue.ready:
		case <-again:
		case <-s.stop:
			return
		}
		owing = pass(r, r.queue.take())
	}
}

// pass offers a batch to all members, and reports whether some of it is still owed to somebody.
func pass(r *room, batch []saying) (owing bool) {
	all := join(batch, nil)
	for _, m := range *r.members.Load() {
		o := m.out.Load()
		if o == nil {
			continue
		}
		b := all
		if spoke(m, batch) {
			b = join(batch, m)
		}
		owes, err := o.offer(b)
		if err != nil {
			_ = o.conn.Close() // its goroutine ends
		}
		owing = owing || owes && err == nil
	}
	return owing
}

func spoke(m *member, batch []saying) bool {
	for i := range batch {
		if batch[i].from == m {
			return true
		}
	}
	return false
}

// join returns the frames of a batch that are not from a member, one after the other.
func join(batch []saying, not *member) (b []byte) {
	for _, s := range batch {
		if s.from != not {
			b = append(b, s.frame...)
		}
	}
	return b
}
