package eventlog

import (
	"errors"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Append queues entries for one address. It never waits. When it returns nil, a.Done is called exactly once, and in the
// order of the appends of the address. When it returns an *im.Error (Overloaded: the shard's queue is full, or the disk
// nearly so; Invalid, TooLong: it can never be stored; Unavailable: closed), nothing was queued and Done is not called.
func (l *Log) Append(a im.Append) error {
	if err := store.CheckAppend(&a); err != nil {
		return err
	}
	if !a.Relief {
		if err := l.room(); err != nil {
			return err
		}
	}
	return l.queue(a.Addr, job{append: &a, size: store.AppendSize(&a), done: a.Done})
}

// Snapshot queues the state of an address as of entry seq, whose stamp is ts. It is refused when the epoch is lower
// than the head's or seq lies beyond it, and is stored without effect when a newer state is there. A state of more than
// 256 KiB travels in parts, one after the other, and counts when the last one is stored; that no other snapshot of the address is
// under way meanwhile is up to the caller, or both may be refused. Errors and done are as for Append; the log owns state until
// done.
func (l *Log) Snapshot(
	addr im.Address, epoch im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome),
) error {
	if err := store.CheckSnapshot(addr, seq, ts, len(state)); err != nil {
		return err
	}
	if err := l.room(); err != nil {
		return err
	}
	p := newParts(l.shards[l.store.ShardOf(addr)], addr, epoch, seq, ts, state, done)
	return l.queue(addr, p.job())
}

func (l *Log) queue(addr im.Address, j job) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return errClosed
	}
	err := l.shards[l.store.ShardOf(addr)].queue.put(false, j)
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
