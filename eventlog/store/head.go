package store

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// head is a head record: what the caller sees, and what the store needs beside it.
type head struct {
	im.Head
	// firstTS is the stamp of the first entry: no bucket before it holds anything of the address.
	firstTS im.Millis
	// snapParts is the number of parts of snapshot SnapSeq.
	snapParts int
	// floor hides messages: those with N <= floor.
	floor uint64
	// gone says that the object is deleted. Invariant: it has a grave in the bucket of TS.
	gone bool
	// carriedFirst and carriedLast are the entries that are kept for replay only, both 0 when there are none. Invariant: each of
	// them is there, and is needed: see head.need.
	carriedFirst, carriedLast uint64
}

// need returns the first entry that the address needs to be loaded: what comes after its snapshot, and what it has not told.
func (h *head) need(o im.Owed) uint64 {
	if o.First > 0 {
		return min(h.SnapSeq+1, o.First)
	}
	return h.SnapSeq + 1
}

// headVersion begins a head in place of recordVersion.
const headVersion = 3

// flagGone is a flag of a head.
const flagGone = 1 << 0

func appendHead(dst []byte, h *head) []byte {
	var flags uint64
	if h.gone {
		flags |= flagGone
	}
	dst = append(dst, headVersion)
	for _, v := range [...]uint64{
		h.Seq, h.N, uint64(h.TS), h.Epoch.Term, h.Epoch.Activation,
		h.SnapSeq, uint64(h.SnapTS), uint64(h.snapParts), uint64(h.firstTS), h.floor,
		flags, h.carriedFirst, h.carriedLast,
	} {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}

func decodeHead(v []byte) (head, error) {
	r := reader{b: v}
	r.bad = r.byte() != headVersion
	var h head
	h.Seq, h.N, h.TS = r.uvarint(), r.uvarint(), r.millis()
	h.Epoch.Term, h.Epoch.Activation = r.uvarint(), r.uvarint()
	h.SnapSeq, h.SnapTS = r.uvarint(), r.millis()
	parts := r.uvarint()
	h.firstTS, h.floor = r.millis(), r.uvarint()
	flags := r.uvarint()
	h.carriedFirst, h.carriedLast = r.uvarint(), r.uvarint()
	if !r.done() || parts > maxSnapshotParts || flags&^flagGone != 0 {
		return head{}, errCorrupt
	}
	h.snapParts, h.gone = int(parts), flags&flagGone != 0
	return h, nil
}

func (sh *Shard) headOf(a im.Address) (head, error) {
	sh.key = addressKey(sh.key[:0], tableHead, sh.id, a)
	return read(sh, sh.heads, sh.key)
}

// setHead changes the head of a; one with Seq = 0 goes.
func (sh *Shard) setHead(a im.Address, h *head) {
	sh.key = addressKey(sh.key[:0], tableHead, sh.id, a)
	sh.heads.set(sh.key, *h)
}

func (sh *Shard) owedOf(a im.Address) (im.Owed, error) {
	sh.key = addressKey(sh.key[:0], tableOwed, sh.id, a)
	return read(sh, sh.owed, sh.key)
}

func (sh *Shard) setOwed(a im.Address, o im.Owed) {
	sh.key = addressKey(sh.key[:0], tableOwed, sh.id, a)
	sh.owed.set(sh.key, o)
}

func (s *Store) head(r pebble.Reader, a im.Address) (head, error) {
	h, _, err := get(r, addressKey(nil, tableHead, s.ShardOf(a), a), decodeHead)
	return h, err
}

func (s *Store) owed(r pebble.Reader, a im.Address) (im.Owed, error) {
	o, _, err := get(r, addressKey(nil, tableOwed, s.ShardOf(a), a), decodeOwed)
	return o, err
}
