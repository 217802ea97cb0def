package logtest

import (
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

// Limits of Memory, the same as the real log's.
const (
	maxBody     = 1 << 20
	maxAppend   = 4 << 20
	maxSnapshot = 256 << 20
)

// Options configures a Memory.
type Options struct {
	// Shards is the number of actor shards. Zero means 4.
	Shards uint32
	// QueueBytes bounds what waits to be committed, in bytes, over all shards. Zero means 8 MiB.
	QueueBytes int
	// Retention is the window. Zero means 168h.
	Retention time.Duration
	// Clock tells the time by which reads hide. Nil means the system's.
	Clock func() im.Millis
	// OnLeader is told, from the log's own goroutine, who leads each shard: at first replica 1 in term 1, then
	// whatever SetLeader says. Nil means nobody asks.
	OnLeader func(shard im.ShardID, leader, term uint64)
}

// Memory is a log in memory, for tests. It answers from goroutines of its own, like the real one. The zero Memory is
// not usable; see NewMemory. Safe for concurrent use.
type Memory struct {
	o  Options
	wg sync.WaitGroup

	mu struct {
		sync.Mutex
		data map[im.Address]*record
		// queue waits to be committed, in order; bytes is its size.
		queue []pending
		bytes int
		// reads and events wait for the reader.
		reads  []func()
		failed []failure // outcomes of the next appends
		leader map[im.ShardID]leadership
		held   bool
		steps  int // so many may be committed although held
		marks  marks
		closed bool
	}
	// committable and readable wait on mu.
	committable, readable *sync.Cond
}

// pending is one queued append, snapshot or told cursor.
type pending struct {
	addr  im.Address
	size  int
	fence *im.Fence
	told  bool
	apply func(*record) bool
	done  func(im.Outcome)
}

type failure struct {
	outcome im.Outcome
	stored  bool
}

type leadership struct{ replica, term uint64 }

// NewMemory returns an empty log that leads all its shards. Close ends its goroutines.
func NewMemory(o Options) *Memory { return newMemory(o, make(map[im.Address]*record)) }

func newMemory(o Options, data map[im.Address]*record) *Memory {
	if o.Shards == 0 {
		o.Shards = 4
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = 8 << 20
	}
	if o.Retention == 0 {
		o.Retention = 168 * time.Hour
	}
	if o.Clock == nil {
		o.Clock = func() im.Millis { return im.At(time.Now()) }
	}
	m := &Memory{o: o}
	m.mu.data = data
	m.mu.leader = make(map[im.ShardID]leadership)
	m.committable, m.readable = sync.NewCond(&m.mu), sync.NewCond(&m.mu)
	for s := im.ShardID(0); s <= im.ShardID(o.Shards); s++ {
		m.SetLeader(s, 1, 1)
	}
	m.wg.Go(m.runCommits)
	m.wg.Go(m.runReads)
	return m
}

// runCommits applies what is queued, one by one, and answers it.
func (m *Memory) runCommits() {
	for {
		p, o, ok := m.commitNext()
		if !ok {
			return
		}
		if p.done != nil {
			p.done(o)
		}
	}
}

func (m *Memory) commitNext() (p pending, o im.Outcome, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.mu.closed && (len(m.mu.queue) == 0 || m.mu.held && m.mu.steps == 0) {
		m.committable.Wait()
	}
	if len(m.mu.queue) == 0 {
		return pending{}, 0, false
	}
	p = m.mu.queue[0]
	m.mu.queue = m.mu.queue[1:]
	m.mu.bytes -= p.size
	if m.mu.held {
		m.mu.steps--
	}
	return p, m.commitLocked(&p), true
}

func (m *Memory) commitLocked(p *pending) im.Outcome {
	switch {
	case p.fence != nil && p.fence.Down():
		return im.Refused
	case m.mu.closed || m.mu.leader[p.addr.Shard(m.o.Shards)].replica != m.Replica():
		return im.Moved
	}
	if !p.told && len(m.mu.failed) > 0 {
		f := m.mu.failed[0]
		m.mu.failed = m.mu.failed[1:]
		if f.stored {
			p.apply(m.recordLocked(p.addr))
		}
		return f.outcome
	}
	if p.apply(m.recordLocked(p.addr)) {
		return im.Stored
	}
	return im.Refused
}

func (m *Memory) recordLocked(a im.Address) *record {
	r := m.mu.data[a]
	if r == nil {
		r = &record{ids: make(map[string]im.StoredAt)}
		m.mu.data[a] = r
	}
	return r
}

func (m *Memory) runReads() {
	for {
		m.mu.Lock()
		for !m.mu.closed && len(m.mu.reads) == 0 {
			m.readable.Wait()
		}
		reads, closed := m.mu.reads, m.mu.closed
		m.mu.reads = nil
		m.mu.Unlock()
		for _, r := range reads {
			r()
		}
		if closed && len(reads) == 0 {
			return
		}
	}
}

// enqueue queues p unless the log is closed or full.
func (m *Memory) enqueue(p pending) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mu.closed {
		return errClosed
	}
	if m.mu.bytes+p.size > m.o.QueueBytes && len(m.mu.queue) > 0 {
		return im.E("logtest", im.Overloaded, "")
	}
	m.mu.queue = append(m.mu.queue, p)
	m.mu.bytes += p.size
	m.committable.Signal()
	return nil
}

var errClosed = im.E("logtest", im.Unavailable, "the log is closed")

// readLater runs f on the reader's goroutine, with an error when the log was closed before.
func (m *Memory) readLater(f func(error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mu.closed {
		go f(errClosed)
		return
	}
	m.mu.reads = append(m.mu.reads, func() { f(nil) })
	m.readable.Signal()
}
