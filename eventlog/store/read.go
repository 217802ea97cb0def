package store

import (
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Head returns the head of a's log, the zero Head when it is empty.
func (s *Store) Head(a im.Address) (im.Head, error) {
	h, err := s.head(s.db, a)
	return h.Head, err
}

func (s *Store) head(r pebble.Reader, a im.Address) (head, error) {
	h, _, err := get(r, addressKey(nil, tableHead, s.ShardOf(a), a), decodeHead)
	return h, err
}

// Load returns what an activation of a starts from, all of one moment. A snapshot that is not there any more is
// replaced by the whole log, and the returned head then has none.
func (s *Store) Load(a im.Address) (_ im.Load, err error) {
	snap := s.db.NewSnapshot()
	defer func() { err = errors.Join(err, snap.Close()) }()
	h, err := s.head(snap, a)
	if err != nil || h.Seq == 0 {
		return im.Load{}, err
	}
	l := im.Load{Head: h.Head}
	if l.Snapshot, err = s.snapshot(snap, a, &h); err != nil {
		return im.Load{}, err
	}
	if l.Snapshot == nil {
		l.Head.SnapSeq, l.Head.SnapTS = 0, 0
	}
	if l.Owed, _, err = get(snap, addressKey(nil, tableOwed, s.ShardOf(a), a), decodeOwed); err != nil {
		return im.Load{}, err
	}
	return l, s.loadEntries(snap, a, &h, &l)
}

// snapshot returns the state as of h.SnapSeq, nil when there is none or a part of it is missing.
func (s *Store) snapshot(r pebble.Reader, a im.Address, h *head) ([]byte, error) {
	if h.SnapSeq == 0 {
		return nil, nil
	}
	state := []byte{}
	for i := range h.snapParts {
		part, ok, err := get(r, snapshotKey(nil, s.ShardOf(a), a, h.SnapSeq, i), decodePart)
		if err != nil || !ok {
			return nil, err
		}
		state = append(state, part...)
	}
	return state, nil
}

// loadEntries adds the tail, and the untold entries before it.
func (s *Store) loadEntries(r pebble.Reader, a im.Address, h *head, l *im.Load) error {
	from := l.Head.SnapSeq + 1
	if l.Owed.First > 0 {
		from = min(from, l.Owed.First)
	}
	start := h.firstTS
	if l.Head.SnapSeq > 0 && from > l.Head.SnapSeq {
		start = l.Head.SnapTS
	}
	next := from
	err := s.walk(r, a, func(lg *log) error {
		return lg.forward(bucketStart(lg.class, start, s.bucket), from, func(e im.Entry) (bool, error) {
			if e.Seq != next {
				return false, fmt.Errorf("%w: %s has entry %d after %d", errCorrupt, a, e.Seq, next-1)
			}
			next++
			if e.Seq <= l.Head.SnapSeq {
				l.Untold = append(l.Untold, e)
			} else {
				l.Tail = append(l.Tail, e)
			}
			return true, nil
		})
	})
	if err == nil && next != h.Seq+1 {
		err = fmt.Errorf("%w: %s ends with entry %d, its head says %d", errCorrupt, a, next-1, h.Seq)
	}
	return err
}

// History returns the messages (N > 0) of a with horizon <= TS < before, newest first, at most limit. before <= 0
// means no bound. horizon is the oldest stamp that the reader may see; messages up to the floor are hidden, too.
func (s *Store) History(a im.Address, before, horizon im.Millis, limit int) (_ []im.Entry, err error) {
	snap := s.db.NewSnapshot()
	defer func() { err = errors.Join(err, snap.Close()) }()
	h, err := s.head(snap, a)
	if err != nil || h.Seq == 0 || limit <= 0 {
		return nil, err
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	var out []im.Entry
	err = s.walk(snap, a, func(l *log) error {
		newest := bucketStart(l.class, min(before-1, h.TS), s.bucket)
		oldest := bucketStart(l.class, max(horizon, h.firstTS), s.bucket)
		return l.backward(newest, oldest, func(e im.Entry) (bool, error) {
			if e.TS < horizon || e.N > 0 && e.N <= h.floor {
				return false, nil
			}
			if e.N > 0 && e.TS < before {
				out = append(out, e)
			}
			return len(out) < limit, nil
		})
	})
	return out, err
}

// Read returns the entries of a with Seq > seq, oldest first, at most limit, without the messages older than horizon.
func (s *Store) Read(a im.Address, seq uint64, horizon im.Millis, limit int) (_ []im.Entry, err error) {
	snap := s.db.NewSnapshot()
	defer func() { err = errors.Join(err, snap.Close()) }()
	h, err := s.head(snap, a)
	if err != nil || h.Seq <= seq || limit <= 0 {
		return nil, err
	}
	start := h.firstTS
	if h.SnapSeq > 0 && seq >= h.SnapSeq {
		start = h.SnapTS
	}
	var out []im.Entry
	err = s.walk(snap, a, func(l *log) error {
		return l.forward(bucketStart(l.class, start, s.bucket), seq+1, func(e im.Entry) (bool, error) {
			if e.N == 0 || e.TS >= horizon {
				out = append(out, e)
			}
			return len(out) < limit, nil
		})
	})
	return out, err
}

// Lookup returns where the entry with id was put, if it is not older than horizon, or was stored within a window of the
// newest entry: a horizon that a wrong clock moved must not let a repeat in.
func (s *Store) Lookup(a im.Address, id string, horizon im.Millis) (im.StoredAt, bool, error) {
	h, err := s.head(s.db, a)
	if err != nil || h.Seq == 0 || id == "" {
		return im.StoredAt{}, false, err
	}
	horizon = min(horizon, h.TS-s.window)
	c, shard := classOf(a.Kind), s.ShardOf(a)
	oldest := bucketStart(c, max(horizon, h.firstTS), s.window)
	for w := bucketStart(c, h.TS, s.window); w >= oldest; {
		at, ok, err := get(s.db, dedupKey(nil, w, shard, a, id), decodeStoredAt)
		if err != nil || ok {
			return at, ok && at.TS >= horizon, err
		}
		if w, err = s.windowBefore(c, w, oldest); err != nil {
			return im.StoredAt{}, false, err
		}
	}
	return im.StoredAt{}, false, nil
}

// windowBefore returns a window before w, after which none holds an id; one before oldest may stand for none. Usually
// two windows are of interest. There are more when a clock was far ahead once, and then most of them are empty.
func (s *Store) windowBefore(c class, w, oldest im.Millis) (before im.Millis, err error) {
	if w-oldest <= 2*s.window {
		return w - s.window, nil
	}
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: appendBucket(nil, tableDedup, c, oldest), UpperBound: appendBucket(nil, tableDedup, c, w),
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	before = oldest - s.window
	if it.Last() {
		before, _ = bucketOf(it.Key())
	}
	return before, it.Error()
}

// Owed returns the addresses of a shard that owe tells, in key order.
func (s *Store) Owed(id im.ShardID) (_ []im.Address, err error) {
	prefix := shardKey(tableOwed, id)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var out []im.Address
	for it.First(); it.Valid(); it.Next() {
		a, rest, ok := im.CutKey(it.Key()[len(prefix):])
		if !ok || len(rest) > 0 {
			return nil, errCorrupt
		}
		out = append(out, a)
	}
	return out, it.Error()
}
