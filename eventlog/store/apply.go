package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Committed is one command out of the Raft log.
type Committed struct {
	Index   uint64
	Command []byte
}

// Results of a command: one byte per item, in order.
const (
	// ItemStored means that the item took effect, or that it had nothing left to do.
	ItemStored byte = 1
	// ItemRefused means that it did not fit the head, and changed nothing.
	ItemRefused byte = 2
)

// Update applies commands in order and returns the results of each. A command and its index are in one batch; most
// Updates are one batch altogether. An error means that the shard cannot go on: the store failed, or the log holds a
// command of a newer program.
//
// A malformed command yields fewer results than it has items: the items before the misfit are applied, the rest are
// not. That is the same on every replica.
func (sh *Shard) Update(cmds []Committed) ([][]byte, error) {
	results := make([][]byte, 0, len(cmds))
	for len(cmds) > 0 {
		n, err := sh.update(cmds, &results)
		if err != nil {
			return nil, err
		}
		cmds = cmds[n:]
	}
	return results, nil
}

// update applies as many of the commands as make a good batch, and returns their number.
func (sh *Shard) update(cmds []Committed, results *[][]byte) (int, error) {
	b := sh.s.db.NewBatch()
	m := sh.meta
	n, items := 0, 0
	for n < len(cmds) && items < MaxItems && b.Len() < maxBatch {
		r, err := sh.apply(b, &m, cmds[n].Command)
		if err != nil {
			return 0, sh.abandon(b, err)
		}
		*results = append(*results, r)
		m.applied = cmds[n].Index
		items += len(r)
		n++
	}
	if err := sh.finish(b, m); err != nil {
		return 0, sh.abandon(b, err)
	}
	commit, err := sh.s.commit(b)
	if err != nil {
		sh.forget()
		return 0, err
	}
	sh.meta, sh.lastCommit = m, commit
	return n, nil
}

// maxBatch bytes end a batch: well below a memtable.
const maxBatch = 4 << 20

// abandon gives up a batch: what the caches hold of it is not true.
func (sh *Shard) abandon(b *pebble.Batch, err error) error {
	sh.forget()
	return errors.Join(err, b.Close())
}

func (sh *Shard) apply(b *pebble.Batch, m *meta, cmd []byte) ([]byte, error) {
	var results []byte
	err := decodeCommand(cmd, func(it *item) error {
		ok, err := sh.applyItem(b, m, it)
		results = append(results, result(ok))
		return err
	})
	if errors.Is(err, errCommand) {
		return results, nil
	}
	return results, err
}

func result(stored bool) byte {
	if stored {
		return ItemStored
	}
	return ItemRefused
}

func (sh *Shard) applyItem(b *pebble.Batch, m *meta, it *item) (bool, error) {
	if it.addr.Shard(sh.s.shards) != sh.id {
		return false, nil
	}
	switch it.op {
	case opAppend:
		return sh.applyAppend(b, m, it)
	case opSnapshot:
		return sh.applyPart(b, it)
	case opTold:
		return true, sh.applyTold(it)
	}
	return false, nil
}

func (sh *Shard) headOf(a im.Address) (head, error) {
	sh.key = addressKey(sh.key[:0], tableHead, sh.id, a)
	return read(sh, sh.heads, sh.key)
}

func (sh *Shard) setHead(a im.Address, h *head) {
	sh.key = addressKey(sh.key[:0], tableHead, sh.id, a)
	sh.heads.set(sh.key, *h)
}

// finish puts the records that the commands changed into the batch, and the shard's own.
func (sh *Shard) finish(b *pebble.Batch, m meta) error {
	heads := sh.heads.flush(func(key []byte, h head) error {
		sh.val = appendHead(sh.val[:0], &h)
		return b.Set(key, sh.val, nil)
	})
	owed := sh.owed.flush(func(key []byte, o im.Owed) error {
		if o.First == 0 {
			return b.Delete(key, nil)
		}
		sh.val = appendOwed(sh.val[:0], o)
		return b.Set(key, sh.val, nil)
	})
	partials := sh.partials.flush(func(key []byte, p partial) error {
		if p.next == 0 {
			return b.Delete(key, nil)
		}
		sh.val = appendPartial(sh.val[:0], p)
		return b.Set(key, sh.val, nil)
	})
	counts := sh.counts.flush(func(key []byte, n uint64) error {
		if n == 0 {
			return b.Delete(key, nil)
		}
		sh.val = appendCount(sh.val[:0], n)
		return b.Set(key, sh.val, nil)
	})
	clear(sh.published)
	sh.val = appendMeta(sh.val[:0], m)
	return errors.Join(heads, owed, partials, counts, b.Set(metaKey(sh.id), sh.val, nil))
}

func (sh *Shard) applyAppend(b *pebble.Batch, m *meta, it *item) (bool, error) {
	h, err := sh.headOf(it.addr)
	if err != nil || !fits(&h, it) {
		return false, err
	}
	first, last := uint64(0), uint64(0) // seq of the entries that have something to tell
	for i := range it.entries {
		e := &it.entries[i]
		m.ord++
		h.Seq++
		h.TS, h.N = e.ts, max(h.N, e.n)
		if h.Seq == 1 {
			h.firstTS = e.ts
		}
		if err := sh.setEntry(b, it.addr, h.Seq, m.ord, e); err != nil {
			return false, err
		}
		if e.owes() {
			if first == 0 {
				first = h.Seq
			}
			last = h.Seq
		}
	}
	h.Epoch, h.floor = it.epoch, max(h.floor, it.floor)
	sh.setHead(it.addr, &h)
	return true, errors.Join(sh.owe(it.addr, first, last), sh.applyRecord(b, it))
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

func (sh *Shard) setEntry(b *pebble.Batch, a im.Address, seq, ord uint64, e *entry) error {
	c := classOf(a.Kind)
	sh.key = eventKey(sh.key[:0], bucketStart(c, e.ts, sh.s.bucket), sh.id, a, seq)
	sh.val = appendEvent(sh.val[:0], ord, e)
	if err := b.Set(sh.key, sh.val, nil); err != nil || len(e.id) == 0 {
		return err
	}
	sh.key = dedupKey(sh.key[:0], bucketStart(c, e.ts, sh.s.window), sh.id, a, string(e.id))
	sh.val = appendStoredAt(sh.val[:0], im.StoredAt{Seq: seq, N: e.n, TS: e.ts})
	return b.Set(sh.key, sh.val, nil)
}

// owe notes that entries first..last have something to tell; first = 0 means none of them.
func (sh *Shard) owe(a im.Address, first, last uint64) error {
	if first == 0 {
		return nil
	}
	sh.key = addressKey(sh.key[:0], tableOwed, sh.id, a)
	o, err := read(sh, sh.owed, sh.key)
	if err != nil {
		return err
	}
	if o.First == 0 {
		o.First = first
	}
	o.Last = last
	sh.owed.set(sh.key, o)
	return nil
}

func (sh *Shard) applyTold(it *item) error {
	sh.key = addressKey(sh.key[:0], tableOwed, sh.id, it.addr)
	o, err := read(sh, sh.owed, sh.key)
	if err != nil || it.through < o.First || o.First == 0 {
		return err
	}
	if it.through >= o.Last {
		o = im.Owed{}
	} else {
		o.First = it.through + 1
	}
	sh.owed.set(sh.key, o)
	return nil
}
