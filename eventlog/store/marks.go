package store

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Marks say how much of the past of one class a shard has let go. Both are 0 or starts of buckets, and only grow; they are moved by
// commands, so they are the same on all replicas.
type Marks struct {
	// Sealed: no entry with a stamp before it is stored any more.
	Sealed im.Millis
	// Watermark <= Sealed: nothing with a stamp before it is read any more, and any node may delete it at any time.
	Watermark im.Millis
}

// meta is what a shard knows of itself.
type meta struct {
	// applied is the Raft index of the last command applied.
	applied uint64
	// ord is the number of the last entry stored in the shard, over all addresses.
	ord uint64
	// marks are those of each class; those of ClassKept stay zero.
	marks [len(classes)]Marks
}

// metaVersion begins a meta in place of recordVersion.
const metaVersion = 2

func appendMeta(dst []byte, m meta) []byte {
	dst = binary.AppendUvarint(append(dst, metaVersion), m.applied)
	dst = binary.AppendUvarint(dst, m.ord)
	for _, c := range classes {
		if c.expires() {
			dst = binary.AppendUvarint(dst, uint64(m.marks[c].Sealed))
			dst = binary.AppendUvarint(dst, uint64(m.marks[c].Watermark))
		}
	}
	return dst
}

func decodeMeta(v []byte) (meta, error) {
	r := reader{b: v}
	r.bad = r.byte() != metaVersion
	m := meta{applied: r.uvarint(), ord: r.uvarint()}
	for _, c := range classes {
		if c.expires() {
			m.marks[c] = Marks{Sealed: r.millis(), Watermark: r.millis()}
			r.bad = r.bad || m.marks[c].Watermark > m.marks[c].Sealed
		}
	}
	if !r.done() {
		return meta{}, errCorrupt
	}
	return m, nil
}

// applySeal moves the seal of a class, applyExpire its watermark: to the start of a bucket, and only forward.
func (sh *Shard) applySeal(m *meta, it *item) bool {
	if !sh.s.lengths.isStart(it.class, it.before) {
		return false
	}
	m.marks[it.class].Sealed = max(m.marks[it.class].Sealed, it.before)
	return true
}

func (sh *Shard) applyExpire(m *meta, it *item) bool {
	if !sh.s.lengths.isStart(it.class, it.before) || it.before > m.marks[it.class].Sealed {
		return false
	}
	m.marks[it.class].Watermark = max(m.marks[it.class].Watermark, it.before)
	return true
}

// marksIn returns the marks of a shard as r has them.
func marksIn(r pebble.Reader, id im.ShardID) ([len(classes)]Marks, error) {
	m, _, err := get(r, metaKey(id), decodeMeta)
	return m.marks, err
}

// Marks returns the marks of a shard and class in what is applied, zero ones for a shard that is not here.
func (s *Store) Marks(id im.ShardID, c Class) (Marks, error) {
	marks, err := marksIn(s.db, id)
	if int(c) >= len(marks) {
		return Marks{}, err
	}
	return marks[c], err
}

// Sealed returns the stamp below which no entry of a is stored any more, as far as this node has applied. It reads no disk.
func (s *Store) Sealed(a im.Address) im.Millis {
	return im.Millis(s.sealed[s.ShardOf(a)][ClassOf(a)].Load())
}

// seals are the seals of a shard for Store.Sealed, by class.
type seals [len(classes)]atomic.Int64

// setMeta takes over what was committed.
func (sh *Shard) setMeta(m meta) {
	sh.meta = m
	for c := range m.marks {
		sh.s.sealed[sh.id][c].Store(int64(m.marks[c].Sealed))
	}
}
