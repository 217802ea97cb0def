package eventlog

import (
	"context"
	"sync"
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/im"
)

// read waits for a barrier. Exactly one of run and fail is called.
type read struct {
	run  func()
	fail func(error)
	// until is when it fails for want of a barrier.
	until time.Time
}

// reading is a read that had its barrier, on its way to a worker.
type reading struct {
	read
	of *replica
}

// readQueue gathers the reads of a shard: one barrier serves all that wait when it begins. Bounded; what does not fit
// fails as overloaded.
type readQueue struct {
	limit   int
	timeout func() time.Duration
	ready   chan struct{} // capacity 1

	mu struct {
		sync.Mutex
		// reads wait, in the order in which their time is up.
		reads []read
		// kept is how many of those that the reader has taken were there for a barrier that failed.
		kept   int
		closed bool
	}
}

func newReadQueue(limit int, timeout func() time.Duration) *readQueue {
	return &readQueue{limit: limit, timeout: timeout, ready: make(chan struct{}, 1)}
}

func (q *readQueue) put(r read) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.mu.closed {
		return errClosed
	}
	if len(q.mu.reads)+q.mu.kept >= q.limit {
		return errOverloaded
	}
	r.until = time.Now().Add(q.timeout())
	q.mu.reads = append(q.mu.reads, r)
	signal(q.ready)
	return nil
}

func (q *readQueue) takeAll() (reads []read, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	reads, q.mu.reads = q.mu.reads, nil
	return reads, q.mu.closed
}

// keep takes back the reads that have time for another barrier.
func (q *readQueue) keep(reads []read) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.kept = len(reads)
	if len(reads) > 0 {
		q.mu.reads = append(reads, q.mu.reads...)
		signal(q.ready)
	}
}

func (q *readQueue) close() {
	q.mu.Lock()
	q.mu.closed = true
	q.mu.Unlock()
	signal(q.ready)
}

// runReader serves reads until the queue is closed; those still in it then fail.
func (s *shard) runReader() {
	for {
		<-s.reads.ready
		reads, closed := s.reads.takeAll()
		if closed {
			failAll(reads, errClosed)
			return
		}
		if len(reads) > 0 {
			s.serve(reads)
		}
	}
}

// serve gives reads their barrier. Those whose time is up before there is one fail, the others are kept for the next.
func (s *shard) serve(reads []read) {
	err := s.barrier(reads[0].until)
	if err == nil {
		s.reads.keep(nil)
		for _, r := range reads {
			s.l.work <- reading{r, &s.l.ours[s.id]}
		}
		return
	}
	late, now := 1, time.Now().Add(rttMillis*time.Millisecond)
	for late < len(reads) && reads[late].until.Before(now) {
		late++
	}
	s.reads.keep(reads[late:])
	failAll(reads[:late:late], err)
}

func failAll(reads []read, err error) {
	for _, r := range reads {
		r.fail(err)
	}
}

// barrier waits until this node has applied everything that was committed anywhere when it was called.
func (s *shard) barrier(deadline time.Time) error {
	var asked questions
	defer asked.end()
	for {
		if s.readIndex(&asked, time.Until(deadline)) {
			return nil
		}
		if !s.l.pause(lookPause) {
			return errClosed
		}
		if !s.l.Holds(s.id) {
			return errAbsent
		}
		if time.Until(deadline) < rttMillis*time.Millisecond {
			return im.E("eventlog.read", im.Unavailable, "the shard has no leader, or its disk stands still")
		}
	}
}

// readIndex asks Raft once, and takes the answer to an earlier question as well. It gives up when the log is being closed, and
// when its time is up: Raft gives up by itself only while its clock goes, and that stands still when the disk does. It
// reports false sooner when it should be asked again: a question to a leader that has died, or that leads for so short that
// it has nothing committed yet, is never answered.
func (s *shard) readIndex(asked *questions, timeout time.Duration) bool {
	changed := s.l.leaders.changed[s.id]
	select {
	case <-changed:
	default:
	}
	timeout = max(timeout, rttMillis*time.Millisecond)
	rs, err := s.l.nh.ReadIndex(raftID(s.id), timeout)
	if err != nil {
		return false
	}
	if !s.l.alone() {
		timeout = min(timeout, s.l.ticks(electionRTT))
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case r := <-rs.ResultC():
		rs.Release()
		return r.Completed()
	case <-asked.answered:
		return true // NB: without Release, Raft still has it
	case <-t.C:
	case <-changed:
	case <-s.l.closing:
	}
	asked.add(rs)
	return false
}

// questions are those of a barrier that Raft has not answered yet, though others were asked since. An answer to any of them
// will do: on a busy machine all of them are late.
type questions struct {
	answered chan struct{} // capacity 1; nil while there are none
	over     chan struct{} // closed by end
	waiting  sync.WaitGroup
}

func (q *questions) add(rs *dragonboat.RequestState) {
	if q.answered == nil {
		q.answered, q.over = make(chan struct{}, 1), make(chan struct{})
	}
	q.waiting.Go(func() {
		select {
		case r := <-rs.ResultC():
			rs.Release()
			if r.Completed() {
				signal(q.answered)
			}
		case <-q.over: // NB: without Release, Raft still has it
		}
	})
}

func (q *questions) end() {
	if q.over != nil {
		close(q.over)
		q.waiting.Wait()
	}
}

// runWorker reads from the store, so that a long read does not hold up the next barrier.
func (l *Log) runWorker() {
	for r := range l.work {
		err := r.of.enter()
		if err != nil {
			r.fail(err)
			continue
		}
		r.run()
		r.of.replacing.RUnlock()
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
	if !l.Holds(id) {
		l.failures.Go(func() { r.fail(errAbsent) })
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

func (l *Log) barrierTimeout() time.Duration {
	_, barrier := l.o.timeouts(l.alone())
	return barrier
}
