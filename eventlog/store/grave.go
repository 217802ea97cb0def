package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// graveValue is the value of every grave: all that there is to say is in the key.
var graveValue = []byte{recordVersion}

// setFinal stores the state that came with the last entry of an append, and digs the grave of an object that is deleted by it.
func (sh *Shard) setFinal(b *pebble.Batch, it *item, h *head) error {
	if err := sh.dropPartial(b, it.addr); err != nil {
		return err
	}
	if err := b.Set(snapshotKey(nil, sh.id, it.addr, h.Seq, 0), encodePart(it.final), nil); err != nil {
		return err
	}
	if err := sh.setSnapshot(b, it.addr, h, h.Seq, h.TS, 1); err != nil {
		return err
	}
	if h.gone = it.has(extraGone); !h.gone {
		return nil
	}
	return b.Set(sh.graveOf(it.addr, h), graveValue, nil)
}

// wake takes the grave away that h may have.
func (sh *Shard) wake(b *pebble.Batch, a im.Address, h *head) error {
	if !h.gone {
		return nil
	}
	h.gone = false
	return b.Delete(sh.graveOf(a, h), nil)
}

func (sh *Shard) graveOf(a im.Address, h *head) []byte {
	return graveKey(nil, sh.s.lengths.bucket(ClassOf(a), h.TS), sh.id, a)
}

// dropPartial deletes the parts of a snapshot that is not complete.
func (sh *Shard) dropPartial(b *pebble.Batch, a im.Address) error {
	key := addressKey(nil, tablePartial, sh.id, a)
	pa, err := read(sh, sh.partials, key)
	if err != nil || pa.next == 0 {
		return err
	}
	sh.partials.set(key, partial{})
	return sh.deleteParts(b, a, pa.seq, pa.next)
}

// applyBury forgets a deleted address that has no entry left, and owes nothing. It has no partial: its last state took that away, and no
// part is newer.
func (sh *Shard) applyBury(b *pebble.Batch, m *meta, it *item) (bool, error) {
	h, err := sh.headOf(it.addr)
	if err != nil || !h.gone || h.TS >= m.marks[ClassOf(it.addr)].Watermark {
		return false, err
	}
	o, err := sh.owedOf(it.addr)
	if err != nil || o.First > 0 {
		return false, err
	}
	if err := b.Delete(sh.graveOf(it.addr, &h), nil); err != nil {
		return false, err
	}
	err = errors.Join(
		sh.deleteParts(b, it.addr, h.SnapSeq, h.snapParts),
		sh.deleteCarried(b, it.addr, h.carriedFirst, h.carriedLast),
	)
	sh.setHead(it.addr, &head{})
	return true, err
}

// Graves returns the addresses of a shard that are deleted, had their last entry before the given start of a bucket, and owe nothing,
// at most limit. They can be buried once the watermark is there.
func (s *Store) Graves(id im.ShardID, c Class, before im.Millis, limit int) (found []im.Address, err error) {
	snap := s.db.NewSnapshot()
	defer func() { err = errors.Join(err, snap.Close()) }()
	err = eachBucket(snap, tableGrave, c, id, 0, func(lo, hi []byte) error {
		if b, _ := bucketOf(lo); b >= before || len(found) >= limit {
			return nil
		}
		return s.gravesIn(snap, lo, hi, limit, &found)
	})
	return found, err
}

// gravesIn adds those of a bucket and shard.
func (s *Store) gravesIn(snap *pebble.Snapshot, lo, hi []byte, limit int, found *[]im.Address) (err error) {
	it, err := snap.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid() && len(*found) < limit; it.Next() {
		a, rest, ok := im.CutKey(it.Key()[len(lo):])
		if !ok || len(rest) > 0 {
			return errCorrupt
		}
		o, err := s.owed(snap, a)
		if err != nil {
			return err
		}
		if o.First == 0 {
			*found = append(*found, a)
		}
	}
	return it.Error()
}
