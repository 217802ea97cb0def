package logtest

import (
	"context"
	"slices"
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

// Append implements Log.
func (m *Memory) Append(a im.Append) error {
	if err := checkAppend(&a); err != nil {
		return err
	}
	entries := slices.Clone(a.Entries)
	return m.enqueue(pending{
		addr: a.Addr, size: appendSize(&a), fence: a.Fence, done: a.Done,
		apply: func(r *record) bool { return r.append(a.Epoch, a.Expected, entries) },
	})
}

// Snapshot implements Log.
func (m *Memory) Snapshot(
	addr im.Address, epoch im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome),
) error {
	switch {
	case !addr.Valid() || seq == 0 || ts <= 0:
		return im.E("logtest.snapshot", im.Invalid, "")
	case len(state) > maxSnapshot:
		return im.E("logtest.snapshot", im.TooLong, "")
	}
	return m.enqueue(pending{
		addr: addr, size: len(state), done: done,
		apply: func(r *record) bool { return r.snapshot(epoch, seq, ts, slices.Clone(state)) },
	})
}

// Told implements Log. It takes its turn behind what is queued.
func (m *Memory) Told(addr im.Address, through uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mu.closed || !addr.Valid() {
		return
	}
	m.mu.queue = append(m.mu.queue, pending{addr: addr, told: true, apply: func(r *record) bool {
		r.told(through)
		return true
	}})
	m.committable.Signal()
}

// Load implements Log.
func (m *Memory) Load(addr im.Address, done func(im.Load, error)) {
	m.readLater(func(err error) {
		var l im.Load
		if err == nil {
			m.look(addr, func(r *record) { l = r.load() })
		}
		done(l, err)
	})
}

// Confirm implements Log.
func (m *Memory) Confirm(addr im.Address, seq uint64, epoch im.Epoch, done func(error)) {
	m.readLater(func(err error) {
		if err == nil {
			var h im.Head
			m.look(addr, func(r *record) { h = r.head })
			if h.Seq != seq && (h.Seq < seq || h.Epoch != epoch) {
				err = im.E("logtest.confirm", im.Retry, "")
			}
		}
		done(err)
	})
}

// Owed implements Log.
func (m *Memory) Owed(shard im.ShardID, done func([]im.Address, error)) {
	m.readLater(func(err error) {
		if err != nil {
			done(nil, err)
			return
		}
		done(m.owed(shard), nil)
	})
}

// Lookup implements Log.
func (m *Memory) Lookup(addr im.Address, id string) (at im.StoredAt, ok bool, err error) {
	if m.isClosed() {
		return at, false, errClosed
	}
	m.look(addr, func(r *record) { at, ok = r.ids[id] })
	if !ok || at.TS < m.horizon(addr) {
		return im.StoredAt{}, false, nil
	}
	return at, true, nil
}

// History implements Log.
func (m *Memory) History(ctx context.Context, addr im.Address, before im.Millis, limit int) ([]im.Entry, error) {
	if m.isClosed() {
		return nil, errClosed
	}
	if ctx.Err() != nil {
		return nil, &im.Error{Kind: im.Unavailable, Err: ctx.Err()}
	}
	var out []im.Entry
	m.look(addr, func(r *record) { out = r.history(before, m.horizon(addr), limit) })
	return out, nil
}

// Read implements Log.
func (m *Memory) Read(ctx context.Context, addr im.Address, after uint64, limit int) ([]im.Entry, error) {
	if m.isClosed() {
		return nil, errClosed
	}
	if ctx.Err() != nil {
		return nil, &im.Error{Kind: im.Unavailable, Err: ctx.Err()}
	}
	var out []im.Entry
	m.look(addr, func(r *record) { out = r.read(after, m.horizon(addr), limit) })
	return out, nil
}

// Close implements Log: what is queued is answered *moved*.
func (m *Memory) Close() error {
	m.mu.Lock()
	m.mu.closed = true
	m.committable.Broadcast()
	m.readable.Broadcast()
	m.mu.Unlock()
	m.wg.Wait()
	return nil
}

func (m *Memory) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.closed
}

// look calls f with what is stored of addr, which may be nothing.
func (m *Memory) look(addr im.Address, f func(*record)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.mu.data[addr]
	if r == nil {
		r = &record{}
	}
	f(r)
}

func (m *Memory) horizon(a im.Address) im.Millis {
	if a.Kind == im.KindCluster {
		return 0
	}
	return max(0, m.o.Clock()-im.Millis(m.o.Retention.Milliseconds()))
}

func (m *Memory) owed(shard im.ShardID) []im.Address {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []im.Address
	for a, r := range m.mu.data {
		if r.owes.First > 0 && a.Shard(m.o.Shards) == shard {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b im.Address) int { return slices.Compare(a.AppendKey(nil), b.AppendKey(nil)) })
	return out
}
