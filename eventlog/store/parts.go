package store

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// applyPart stores one part of a snapshot. The parts of a state come in order and in one epoch; the last one makes
// the snapshot valid and takes the place of the one before. A state that is not newer than the one stored is dropped.
func (sh *Shard) applyPart(b *pebble.Batch, it *item) (bool, error) {
	h, err := sh.headOf(it.addr)
	p := &it.part
	if err != nil || it.epoch.Less(h.Epoch) || p.Seq > h.Seq || p.TS > h.TS {
		return false, err
	}
	if p.Seq <= h.SnapSeq {
		return true, nil
	}
	pkey := addressKey(nil, tablePartial, sh.id, it.addr)
	pa, err := read(sh, sh.partials, pkey)
	if err != nil {
		return false, err
	}
	before := pa.next
	if p.Part == 0 {
		if err := sh.deleteParts(b, it.addr, pa.seq, pa.next); err != nil {
			return false, err
		}
		pa = partial{seq: p.Seq, epoch: it.epoch}
	}
	if pa.seq != p.Seq || pa.epoch != it.epoch || pa.next != p.Part {
		return false, nil
	}
	pa.next++
	sh.key = snapshotKey(sh.key[:0], sh.id, it.addr, p.Seq, p.Part)
	if err := b.Set(sh.key, encodePart(p.Data), nil); err != nil {
		return false, err
	}
	if pa.next < p.Parts {
		sh.partials.set(pkey, pa)
		return true, nil
	}
	if p.Parts > 1 || before > 0 {
		sh.partials.set(pkey, partial{})
	}
	return true, sh.finishSnapshot(b, it, &h)
}

// finishSnapshot makes the head name the state whose last part has come.
func (sh *Shard) finishSnapshot(b *pebble.Batch, it *item, h *head) error {
	if err := sh.setSnapshot(b, it.addr, h, it.part.Seq, it.part.TS, it.part.Parts); err != nil {
		return err
	}
	h.Epoch = it.epoch
	sh.setHead(it.addr, h)
	return nil
}

// setSnapshot makes h name a state that is stored. The one before goes, and what was carried because it did not have it.
func (sh *Shard) setSnapshot(b *pebble.Batch, a im.Address, h *head, seq uint64, ts im.Millis, parts int) error {
	if err := sh.deleteParts(b, a, h.SnapSeq, h.snapParts); err != nil {
		return err
	}
	h.SnapSeq, h.SnapTS, h.snapParts = seq, ts, parts
	if h.carriedLast == 0 {
		return nil
	}
	o, err := sh.owedOf(a)
	if err != nil {
		return err
	}
	return sh.trimCarried(b, a, h, o)
}

// deleteParts deletes part by part: a range deletion per actor would fill the store with tombstones that stall it.
func (sh *Shard) deleteParts(b *pebble.Batch, a im.Address, seq uint64, parts int) error {
	for i := range parts {
		if err := b.Delete(snapshotKey(sh.key[:0], sh.id, a, seq, i), nil); err != nil {
			return err
		}
	}
	return nil
}
