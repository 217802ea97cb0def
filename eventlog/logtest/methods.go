package logtest

import (
	"bytes"
	"context"
	"slices"

	"github.com/parley-im/parley/im"
)

// Append implements Log.
func (m *Memory) Append(a im.Append) error {
	if err := checkAppend(&a); err != nil {
		return err
	}
	entries, public, final := slices.Clone(a.Entries), copyOf(a.Record), slices.Clone(a.Final)
	isCluster := a.Addr.Kind == im.KindCluster
	return m.enqueue(pending{
		addr: a.Addr, size: appendSize(&a), fence: a.Fence, done: a.Done,
		apply: func(r *record) bool {
			inTime := isCluster || entries[0].TS >= m.mu.marks.sealed
			stored := inTime && r.append(a.Epoch, a.Expected, entries)
			if stored {
				r.publish(a.Record != nil, public, a.Floor)
				r.end(a.Epoch, final, a.Gone)
			}
			return stored
		},
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
			m.mu.Lock()
			m.mu.marks.strip(l.Tail)
			m.mu.marks.strip(l.Untold)
			m.mu.Unlock()
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
	m.look(addr, func(r *record) {
		at, ok = r.ids[id]
		ok = ok && at.TS >= min(m.horizon(addr), r.head.TS-im.Millis(m.o.Retention.Milliseconds()))
	})
	if !ok {
		return im.StoredAt{}, false, nil
	}
	return at, true, nil
}

// History implements Log.
func (m *Memory) History(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
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

// StaleHistory implements Log. It is never stale.
func (m *Memory) StaleHistory(addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	return m.History(context.Background(), addr, before, limit)
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
	slices.SortFunc(out, func(a, b im.Address) int { return bytes.Compare(a.AppendKey(nil), b.AppendKey(nil)) })
	return out
}
