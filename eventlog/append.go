package eventlog

import (
	"context"
	"errors"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Append queues entries for one address. It never waits. When it returns nil, a.Done is called exactly once, and in the
// order of the appends of the address. When it returns an *im.Error (Overloaded: the shard's queue is full; Invalid,
// TooLong: it can never be stored; Unavailable: closed), nothing was queued and Done is not called.
func (l *Log) Append(a im.Append) error {
	if err := store.CheckAppend(&a); err != nil {
		return err
	}
	return l.queue(a.Addr, job{append: &a, size: store.AppendSize(&a), done: a.Done})
}

// Snapshot queues the state of an address as of entry seq, whose stamp is ts. It is refused when the epoch is lower
// than the head's or seq lies beyond it, and is stored without effect when a newer state is there. A state of more than
// 256 KiB travels in parts and counts when the last one is stored. Errors and done are as for Append; the log owns
// state until done.
func (l *Log) Snapshot(
	addr im.Address, epoch im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome),
) error {
	if err := store.CheckSnapshot(addr, seq, ts, len(state)); err != nil {
		return err
	}
	jobs := make([]job, store.Parts(len(state)))
	for i := range jobs {
		n := min(len(state), store.MaxPart)
		p := &store.Part{Addr: addr, Epoch: epoch, Seq: seq, TS: ts, Part: i, Parts: len(jobs), Data: state[:n]}
		jobs[i] = job{part: p, size: n + len(addr.App) + len(addr.ID) + 64}
		state = state[n:]
	}
	jobs[len(jobs)-1].done = done // refused unless all parts before it were stored
	return l.queue(addr, jobs...)
}

func (l *Log) queue(addr im.Address, jobs ...job) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return errClosed
	}
	err := l.shards[l.store.ShardOf(addr)].queue.put(false, jobs...)
	if errors.Is(err, errOverloaded) {
		l.overloaded()
	}
	return err
}

// Told notes that everything that addr owed up to entry through has been told. Notes are written together about once a
// second; one that is lost in a crash means that the rest is told again.
func (l *Log) Told(addr im.Address, through uint64) {
	if !addr.Valid() {
		return
	}
	l.shards[l.store.ShardOf(addr)].told.add(addr, through)
}

// Load reads, behind a barrier, what an activation of addr starts from. done is called exactly once, from another
// goroutine, with an *im.Error (Unavailable, Overloaded) when it could not be read.
func (l *Log) Load(addr im.Address, done func(im.Load, error)) {
	l.read(l.store.ShardOf(addr), read{
		run: func() {
			v, err := l.store.Load(addr)
			done(v, internal("eventlog.load", err))
		},
		fail: func(err error) { done(im.Load{}, err) },
	})
}

// Confirm checks, behind a barrier, that the log of addr still is what its writer thinks: done(nil) when the head has
// this seq, or has gone on in this epoch. Otherwise, and when it cannot tell, done gets an *im.Error (Retry,
// Unavailable, Overloaded). done is called exactly once, from another goroutine.
func (l *Log) Confirm(addr im.Address, seq uint64, epoch im.Epoch, done func(error)) {
	l.read(l.store.ShardOf(addr), read{
		run: func() {
			h, err := l.store.Head(addr)
			if err == nil && h.Seq != seq && (h.Seq < seq || h.Epoch != epoch) {
				done(im.E("eventlog.confirm", im.Retry, ""))
				return
			}
			done(internal("eventlog.confirm", err))
		},
		fail: done,
	})
}

// Owed reads, behind a barrier, which addresses of a shard owe tells. done is called exactly once, from another
// goroutine, as for Load.
func (l *Log) Owed(id im.ShardID, done func([]im.Address, error)) {
	if int(id) >= len(l.shards) {
		panic("eventlog: no such shard")
	}
	l.read(id, read{
		run: func() {
			v, err := l.store.Owed(id)
			done(v, internal("eventlog.owed", err))
		},
		fail: func(err error) { done(nil, err) },
	})
}

// Lookup returns where the entry of addr with this command id was put, from what this node has applied. The owner of
// the shard has applied everything that it was answered. Ids older than the retention are forgotten.
func (l *Log) Lookup(addr im.Address, id string) (im.StoredAt, bool, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return im.StoredAt{}, false, errClosed
	}
	at, ok, err := l.store.Lookup(addr, id, l.horizon(addr))
	return at, ok, internal("eventlog.lookup", err)
}

// History returns the messages of addr (N > 0) with TS < before, newest first, at most limit; before <= 0 means no
// bound. Messages older than the retention are hidden. It waits for a barrier, or for ctx.
func (l *Log) History(ctx context.Context, addr im.Address, before im.Millis, limit int) ([]im.Entry, error) {
	return await(ctx, l, l.store.ShardOf(addr), func() ([]im.Entry, error) {
		v, err := l.store.History(addr, before, l.horizon(addr), limit)
		return v, internal("eventlog.history", err)
	})
}

// Read returns the entries of addr with Seq > after, oldest first, at most limit. Messages older than the retention are
// hidden. It waits for a barrier, or for ctx.
func (l *Log) Read(ctx context.Context, addr im.Address, after uint64, limit int) ([]im.Entry, error) {
	return await(ctx, l, l.store.ShardOf(addr), func() ([]im.Entry, error) {
		v, err := l.store.Read(addr, after, l.horizon(addr), limit)
		return v, internal("eventlog.read", err)
	})
}

// internal wraps an error of the store.
func internal(op string, err error) error {
	if err == nil {
		return nil
	}
	return &im.Error{Op: op, Kind: im.Internal, Err: err}
}
