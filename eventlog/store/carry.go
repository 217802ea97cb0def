package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// applyCarry copies what an address needs of the sealed buckets to where it outlives them, without the bodies and the ids of
// messages. A command carries no more than maxBatch bytes: an address that has no room in it is refused, one that has some is carried in
// part, and another command does the rest.
func (sh *Shard) applyCarry(b *pebble.Batch, m *meta, it *item) (bool, error) {
	h, err := sh.headOf(it.addr)
	if err != nil || h.Seq == 0 || sh.copied > maxBatch {
		return false, err
	}
	o, err := sh.owedOf(it.addr)
	if err != nil {
		return false, err
	}
	from := max(h.need(o), h.carriedLast+1)
	last, err := sh.copyEntries(b, it.addr, &h, from, m.marks[ClassOf(it.addr)])
	if err != nil || last < from {
		return err == nil, err
	}
	if h.carriedFirst == 0 {
		h.carriedFirst = from
	}
	h.carriedLast = last
	sh.setHead(it.addr, &h)
	return true, nil
}

// copyEntries copies those from the given one on to the seal, and returns the last one; none when the first one is not there. It ends
// early when the command has copied enough.
func (sh *Shard) copyEntries(b *pebble.Batch, a im.Address, h *head, from uint64, marks Marks) (last uint64, err error) {
	last = from - 1
	start := sh.s.lengths.bucket(ClassOf(a), h.firstTS)
	err = sh.s.walk(sh.s.db, a, marks.Watermark, func(l *log) error {
		return l.forward(max(start, marks.Watermark), from, func(e event) (bool, error) {
			if e.TS >= marks.Sealed || e.Seq != last+1 || sh.copied > maxBatch {
				return false, nil
			}
			last = e.Seq
			return true, sh.setCarried(b, a, &e)
		})
	})
	return last, err
}

func (sh *Shard) setCarried(b *pebble.Batch, a im.Address, e *event) error {
	kept := entry{n: e.N, ts: e.TS}
	if e.Owes {
		kept.flags = flagOwes
	}
	if e.N == 0 {
		kept.id, kept.body = []byte(e.ID), e.Body
	}
	sh.key = carryKey(sh.key[:0], sh.id, a, e.Seq)
	sh.val = appendEvent(sh.val[:0], e.ord, e.n, &kept)
	sh.copied += len(sh.key) + len(sh.val)
	return b.Set(sh.key, sh.val, nil)
}

// trimCarried deletes what h does not need any more, o being what it owes. The caller stores h.
func (sh *Shard) trimCarried(b *pebble.Batch, a im.Address, h *head, o im.Owed) error {
	need := h.need(o)
	if h.carriedLast == 0 || need <= h.carriedFirst {
		return nil
	}
	if err := sh.deleteCarried(b, a, h.carriedFirst, min(need-1, h.carriedLast)); err != nil {
		return err
	}
	if h.carriedFirst = need; need > h.carriedLast {
		h.carriedFirst, h.carriedLast = 0, 0
	}
	return nil
}

// deleteCarried deletes entry by entry, for the reason that deleteParts gives. None of them came with the batch that is being built.
func (sh *Shard) deleteCarried(b *pebble.Batch, a im.Address, first, last uint64) (err error) {
	if last == 0 {
		return nil
	}
	it, err := carriedIn(sh.s.db, sh.id, a, first, last)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		if err := b.Delete(it.Key(), nil); err != nil {
			return err
		}
	}
	return it.Error()
}

func carriedIn(r pebble.Reader, s im.ShardID, a im.Address, first, last uint64) (*pebble.Iterator, error) {
	return r.NewIter(&pebble.IterOptions{LowerBound: carryKey(nil, s, a, first), UpperBound: after(carryKey(nil, s, a, last))})
}

// carried returns the entries from..to that are kept for replay only, oldest first.
func (s *Store) carried(r pebble.Reader, a im.Address, from, to uint64) (entries []im.Entry, err error) {
	if to < from {
		return nil, nil
	}
	it, err := carriedIn(r, s.ShardOf(a), a, from, to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		e, err := eventAt(it, len(it.Key())-seqBytes)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e.kept())
	}
	return entries, it.Error()
}
