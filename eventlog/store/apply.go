package store

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

func (sh *Shard) applyAppend(b *pebble.Batch, m *meta, it *item) (bool, error) {
	h, err := sh.headOf(it.addr)
	if err != nil || !fits(&h, it) || it.entries[0].ts < m.marks[ClassOf(it.addr)].Sealed {
		return false, err
	}
	if err := sh.wake(b, it.addr, &h); err != nil {
		return false, err
	}
	if err := sh.setEntries(b, m, it, &h); err != nil {
		return false, err
	}
	h.Epoch, h.floor = it.epoch, max(h.floor, it.floor)
	if it.has(extraFinal) {
		if err := sh.setFinal(b, it, &h); err != nil {
			return false, err
		}
	}
	sh.setHead(it.addr, &h)
	return true, sh.applyRecord(b, it)
}

// setEntries stores the entries of an append behind h, and notes what they owe.
func (sh *Shard) setEntries(b *pebble.Batch, m *meta, it *item, h *head) error {
	first, last := uint64(0), uint64(0) // seq of the entries that have something to tell
	for i := range it.entries {
		e := &it.entries[i]
		m.ord++
		h.Seq++
		h.TS, h.N = e.ts, max(h.N, e.n)
		if h.Seq == 1 {
			h.firstTS = e.ts
		}
		if err := sh.setEntry(b, it.addr, h, m.ord, e); err != nil {
			return err
		}
		if e.owes() {
			if first == 0 {
				first = h.Seq
			}
			last = h.Seq
		}
	}
	return sh.owe(it.addr, first, last)
}

// fits reports whether the append may follow h: the writer is not outdated, knows the whole log, and went on counting
// and stamping where the log ends.
func fits(h *head, it *item) bool {
	if it.epoch.Less(h.Epoch) || it.expected != h.Seq {
		return false
	}
	n, ts := h.N, h.TS
	for i := range it.entries {
		e := &it.entries[i]
		if e.ts <= ts || e.n != 0 && e.n != n+1 {
			return false
		}
		n, ts = max(n, e.n), e.ts
	}
	return true
}

// setEntry stores e as the last entry of the log that h is the head of.
func (sh *Shard) setEntry(b *pebble.Batch, a im.Address, h *head, ord uint64, e *entry) error {
	c := ClassOf(a)
	sh.key = eventKey(sh.key[:0], sh.s.lengths.bucket(c, e.ts), sh.id, a, h.Seq)
	sh.val = appendEvent(sh.val[:0], ord, h.N, e)
	if err := b.Set(sh.key, sh.val, nil); err != nil || len(e.id) == 0 {
		return err
	}
	sh.key = dedupKey(sh.key[:0], sh.s.lengths.idWindow(c, e.ts), sh.id, a, string(e.id))
	sh.val = appendStoredAt(sh.val[:0], im.StoredAt{Seq: h.Seq, N: e.n, TS: e.ts})
	return b.Set(sh.key, sh.val, nil)
}

// owe notes that entries first..last have something to tell; first = 0 means none of them.
func (sh *Shard) owe(a im.Address, first, last uint64) error {
	if first == 0 {
		return nil
	}
	o, err := sh.owedOf(a)
	if err != nil {
		return err
	}
	if o.First == 0 {
		o.First = first
	}
	o.Last = last
	sh.setOwed(a, o)
	return nil
}

// applyTold notes that all up to an entry has been told. What was carried for it alone goes.
func (sh *Shard) applyTold(b *pebble.Batch, it *item) error {
	o, err := sh.owedOf(it.addr)
	if err != nil || it.through < o.First || o.First == 0 {
		return err
	}
	if it.through >= o.Last {
		o = im.Owed{}
	} else {
		o.First = it.through + 1
	}
	sh.setOwed(it.addr, o)
	h, err := sh.headOf(it.addr)
	if err != nil || h.carriedLast == 0 {
		return err
	}
	if err := sh.trimCarried(b, it.addr, &h, o); err != nil {
		return err
	}
	sh.setHead(it.addr, &h)
	return nil
}
