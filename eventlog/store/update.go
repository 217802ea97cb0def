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
		alone := standsAlone(cmds[n].Command)
		if alone && n > 0 {
			break
		}
		r, err := sh.apply(b, &m, cmds[n].Command)
		if err != nil {
			return 0, sh.abandon(b, err)
		}
		*results = append(*results, r)
		m.applied = cmds[n].Index
		items += len(r)
		n++
		if alone {
			break
		}
	}
	if err := sh.finish(b, m); err != nil {
		return 0, sh.abandon(b, err)
	}
	commit, err := sh.s.commit(b)
	if err != nil {
		sh.forget()
		return 0, err
	}
	sh.setMeta(m)
	sh.lastCommit = commit
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
	sh.copied = 0
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
	switch it.op {
	case opSeal:
		return sh.applySeal(m, it), nil
	case opExpire:
		return sh.applyExpire(m, it), nil
	}
	if it.addr.Shard(sh.s.shards) != sh.id {
		return false, nil
	}
	switch it.op {
	case opAppend:
		return sh.applyAppend(b, m, it)
	case opSnapshot:
		return sh.applyPart(b, it)
	case opTold:
		return true, sh.applyTold(b, it)
	case opCarry:
		return sh.applyCarry(b, m, it)
	case opBury:
		return sh.applyBury(b, m, it)
	}
	return false, nil
}

// finish puts the records that the commands changed into the batch, and the shard's own.
func (sh *Shard) finish(b *pebble.Batch, m meta) error {
	heads := sh.heads.flush(func(key []byte, h head) error {
		if h.Seq == 0 {
			return b.Delete(key, nil)
		}
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
