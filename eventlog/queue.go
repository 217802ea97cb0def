package eventlog

import (
	"slices"
	"sync"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// job is what one call put into a shard's queue: an append, a part of a snapshot, told cursors, or upkeep.
type job struct {
	append *im.Append
	part   *store.Part
	told   []told
	upkeep *upkeep
	// size is the encoded size in bytes, estimated from above.
	size int
	// done is called with the outcome; nil when nobody asks.
	done func(im.Outcome)
	// outcome is set early for a job that is not proposed at all.
	outcome im.Outcome
}

type told struct {
	addr    im.Address
	through uint64
}

// items returns how many items of a command j becomes.
func (j *job) items() int {
	switch {
	case j.told != nil:
		return len(j.told)
	case j.upkeep != nil:
		return j.upkeep.n
	}
	return 1
}

func (j *job) encode(dst []byte) []byte {
	switch {
	case j.append != nil:
		return store.AppendEntries(dst, j.append)
	case j.part != nil:
		return store.AppendPart(dst, j.part)
	case j.upkeep != nil:
		return append(dst, j.upkeep.items...)
	}
	for _, t := range j.told {
		dst = store.AppendTold(dst, t.addr, t.through)
	}
	return dst
}

// alone reports whether j must be a proposal of its own: the store takes no command in which other items stand beside such.
func (j *job) alone() bool { return j.upkeep != nil && j.upkeep.alone }

// goesOn reports whether j was a part of a snapshot that others follow.
func (j *job) goesOn() bool {
	return j.part != nil && j.part.Part < j.part.Parts-1 && j.outcome == im.Stored
}

// void reports whether the writer has given the job up.
func (j *job) void() bool { return j.append != nil && j.append.Fence != nil && j.append.Fence.Down() }

// queue holds the jobs of a shard that wait for a slot. It is bounded in bytes and items; what does not fit is refused
// and the caller told so (overloaded). Safe for concurrent use.
type queue struct {
	maxBytes, maxItems int
	// ready has a token when the queue may have become non-empty or closed. Capacity 1.
	ready chan struct{}

	mu struct {
		sync.Mutex
		// jobs[taken:] wait; what lies before was taken and is cleared.
		jobs   []job
		taken  int
		bytes  int
		closed bool
	}
}

func newQueue(maxBytes, maxItems int) *queue {
	return &queue{maxBytes: maxBytes, maxItems: maxItems, ready: make(chan struct{}, 1)}
}

// put adds all jobs or none. An empty queue takes anything, so that a job larger than the bound is not refused for
// ever. force ignores the bound.
func (q *queue) put(force bool, jobs ...job) error {
	size := 0
	for i := range jobs {
		size += jobs[i].size
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.mu.closed {
		return errClosed
	}
	waiting := len(q.mu.jobs) - q.mu.taken
	full := q.mu.bytes+size > q.maxBytes || waiting+len(jobs) > q.maxItems
	if full && !force && waiting > 0 {
		return errOverloaded
	}
	q.mu.jobs = append(q.mu.jobs, jobs...)
	q.mu.bytes += size
	q.signal()
	return nil
}

func (q *queue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take removes the jobs of one proposal, at least one. It waits until there is one, or the queue is closed: then it
// takes them all, whatever their number, and reports so.
func (q *queue) take() (jobs []job, closed bool) {
	for {
		jobs, closed = q.tryTake()
		if len(jobs) > 0 || closed {
			return jobs, closed
		}
		<-q.ready
	}
}

func (q *queue) tryTake() ([]job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.mu.jobs[q.mu.taken:]
	n, items, bytes := 0, 0, 0
	for n < len(waiting) {
		j := &waiting[n]
		full := items+j.items() > batchItems || bytes+j.size > batchBytes || j.alone() || n > 0 && waiting[0].alone()
		if full && n > 0 && !q.mu.closed {
			break
		}
		items, bytes = items+j.items(), bytes+j.size
		n++
	}
	jobs := slices.Clone(waiting[:n])
	clear(waiting[:n])
	q.mu.bytes -= bytes
	q.mu.taken += n
	q.compact()
	return jobs, q.mu.closed
}

// compact moves what waits to the front once most of the array is taken, so that a job moves once on average.
func (q *queue) compact() {
	if q.mu.taken*2 < len(q.mu.jobs) {
		return
	}
	n := copy(q.mu.jobs, q.mu.jobs[q.mu.taken:])
	clear(q.mu.jobs[n:])
	q.mu.jobs, q.mu.taken = q.mu.jobs[:n], 0
}

// close refuses further jobs and wakes the taker.
func (q *queue) close() {
	q.mu.Lock()
	q.mu.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) load() (jobs, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.mu.jobs) - q.mu.taken, q.mu.bytes
}

func (q *queue) accepts() bool {
	jobs, bytes := q.load()
	return jobs < q.maxItems && bytes < q.maxBytes
}
