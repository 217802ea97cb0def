package eventlog

import (
	"context"
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

// read waits for a barrier. Exactly one of run and fail is called.
type read struct {
	run  func()
	fail func(error)
}

// readQueue gathers the reads of a shard: one barrier serves all that wait when it begins. Bounded; what does not fit
// fails as overloaded.
type readQueue struct {
	limit int
	ready chan struct{} // capacity 1

	mu struct {
		sync.Mutex
		reads  []read
		closed bool
	}
}

func newReadQueue(limit int) *readQueue {
	return &readQueue{limit: limit, ready: make(chan struct{}, 1)}
}

func (q *readQueue) put(r read) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.mu.closed {
		return errClosed
	}
	if len(q.mu.reads) >= q.limit {
		return errOverloaded
	}
	q.mu.reads = append(q.mu.reads, r)
	q.signal()
	return nil
}

func (q *readQueue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *readQueue) takeAll() (reads []read, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	reads, q.mu.reads = q.mu.reads, nil
	return reads, q.mu.closed
}

func (q *readQueue) close() {
	q.mu.Lock()
	q.mu.closed = true
	q.mu.Unlock()
	q.signal()
}

// runReader serves reads until the queue is closed; those still in it then fail.
func (s *shard) runReader() {
	for {
		<-s.reads.ready
		reads, closed := s.reads.takeAll()
		err := error(errClosed)
		if !closed && len(reads) > 0 {
			err = s.barrier()
		}
		for _, r := range reads {
			if err != nil {
				r.fail(err)
			} else {
				s.l.work <- r.run
			}
		}
		if closed {
			return
		}
	}
}

// barrier waits until this node has applied everything that was committed anywhere when it was called.
func (s *shard) barrier() error {
	for deadline := time.Now().Add(s.l.o.BarrierTimeout); ; {
		if s.readIndex(time.Until(deadline)) {
			return nil
		}
		if !s.l.pause(rttMillis * time.Millisecond) {
			return errClosed
		}
		if time.Until(deadline) < rttMillis*time.Millisecond {
			return im.E("eventlog.read", im.Unavailable, "the shard has no leader, or its disk stands still")
		}
	}
}

// readIndex tries once. It gives up when the log is being closed, and when its time is up: Raft gives up by itself only
// while its clock goes, and that stands still when the disk does.
func (s *shard) readIndex(timeout time.Duration) bool {
	timeout = max(timeout, rttMillis*time.Millisecond)
	rs, err := s.l.nh.ReadIndex(raftID(s.id), timeout)
	if err != nil {
		return false
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case r := <-rs.ResultC():
		rs.Release()
		return r.Completed()
	case <-t.C:
	case <-s.l.closing:
	}
	return false // NB: without Release, Raft still has it
}

// runWorker reads from the store, so that a long read does not hold up the next barrier.
func (l *Log) runWorker() {
	for run := range l.work {
		run()
	}
}

// read queues one read of a shard. fail is never called from within.
func (l *Log) read(id im.ShardID, r read) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		go r.fail(errClosed)
		return
	}
	if err := l.shards[id].reads.put(r); err != nil {
		l.overloaded()
		l.failures.Go(func() { r.fail(err) })
	}
}

// await runs f behind the barrier of shard id and waits for it, or for ctx.
func await[T any](ctx context.Context, l *Log, id im.ShardID, f func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	c := make(chan answer, 1)
	l.read(id, read{
		run: func() {
			v, err := f()
			c <- answer{v, err}
		},
		fail: func(err error) { c <- answer{err: err} },
	})
	select {
	case a := <-c:
		return a.v, a.err
	case <-ctx.Done():
		var zero T
		return zero, &im.Error{Op: "eventlog.read", Kind: im.Unavailable, Err: ctx.Err()}
	}
}
