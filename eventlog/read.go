package eventlog

import (
	"context"

	"github.com/parley-im/parley/im"
)

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

// Head returns the head of addr in what this node has applied. It waits for nothing: another node may have answered what
// is not here yet.
func (l *Log) Head(addr im.Address) (im.Head, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return im.Head{}, errClosed
	}
	head, err := l.store.Head(addr)
	return head, internal("eventlog.head", err)
}

// Lookup returns where the entry of addr with this command id was put, from what this node has applied. The owner of
// the shard has applied everything that it was answered. Ids are forgotten that are older than the retention, seen from
// now and from the newest entry of addr; Options.Window does not count.
func (l *Log) Lookup(addr im.Address, id string) (im.StoredAt, bool, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return im.StoredAt{}, false, errClosed
	}
	at, ok, err := l.store.Lookup(addr, id, l.horizonOfNode(addr))
	return at, ok, internal("eventlog.lookup", err)
}

// History returns the messages of addr (N > 0) below before, newest first, at most limit. Messages older than the retention
// are hidden. It waits for a barrier, or for ctx.
func (l *Log) History(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	return await(ctx, l, l.store.ShardOf(addr), func() ([]im.Entry, error) {
		v, err := l.store.History(addr, before, l.horizon(addr), limit)
		return v, internal("eventlog.history", err)
	})
}

// StaleHistory is History without a barrier: what this node has, which may lack the newest messages. It is for the time
// without a majority, when nothing new is acknowledged.
func (l *Log) StaleHistory(addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return nil, errClosed
	}
	of := &l.ours[l.store.ShardOf(addr)]
	if err := of.enter(); err != nil {
		return nil, err
	}
	defer of.replacing.RUnlock()
	v, err := l.store.History(addr, before, l.horizon(addr), limit)
	return v, internal("eventlog.history", err)
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
