package store

import (
	"bytes"
	"encoding/binary"

	"github.com/parley-im/parley/im"
)

// event is what an event record holds; seq is in the key.
type event struct {
	ord uint64
	im.Entry
}

func appendEvent(dst []byte, ord uint64, e *entry) []byte {
	dst = append(dst, recordVersion, e.flags)
	dst = binary.AppendUvarint(dst, ord)
	dst = binary.AppendUvarint(dst, e.n)
	dst = binary.AppendUvarint(dst, uint64(e.ts))
	dst = appendBytes(dst, e.id)
	return append(dst, e.body...)
}

// decodeEvent reads an event record. Body aliases v.
func decodeEvent(v []byte) (event, error) {
	r := reader{b: v}
	r.version()
	flags := r.byte()
	e := event{ord: r.uvarint()}
	e.N, e.TS = r.uvarint(), r.millis()
	e.ID = string(r.bytes(im.MaxMessageIDLen))
	if !r.ok() || flags&^knownFlags != 0 {
		return event{}, errCorrupt
	}
	e.Owes, e.Body = flags&flagOwes != 0, r.b
	return e, nil
}

// head is a head record: what the caller sees, and what the store needs beside it.
type head struct {
	im.Head
	// firstTS is the stamp of the first entry: no bucket before it holds anything of the address.
	firstTS im.Millis
	// snapParts is the number of parts of snapshot SnapSeq.
	snapParts int
	// floor hides messages: those with N <= floor.
	floor uint64
}

// headVersion begins a head in place of recordVersion.
const headVersion = 2

func appendHead(dst []byte, h *head) []byte {
	dst = append(dst, headVersion)
	for _, v := range [...]uint64{
		h.Seq, h.N, uint64(h.TS), h.Epoch.Term, h.Epoch.Activation,
		h.SnapSeq, uint64(h.SnapTS), uint64(h.snapParts), uint64(h.firstTS), h.floor,
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
	if !r.done() || parts > maxSnapshotParts {
		return head{}, errCorrupt
	}
	h.snapParts = int(parts)
	return h, nil
}

func appendStoredAt(dst []byte, at im.StoredAt) []byte {
	dst = append(dst, recordVersion)
	dst = binary.AppendUvarint(dst, at.Seq)
	dst = binary.AppendUvarint(dst, at.N)
	return binary.AppendUvarint(dst, uint64(at.TS))
}

func decodeStoredAt(v []byte) (im.StoredAt, error) {
	r := reader{b: v}
	r.version()
	at := im.StoredAt{Seq: r.uvarint(), N: r.uvarint(), TS: r.millis()}
	if !r.done() {
		return im.StoredAt{}, errCorrupt
	}
	return at, nil
}

func appendOwed(dst []byte, o im.Owed) []byte {
	dst = append(dst, recordVersion)
	dst = binary.AppendUvarint(dst, o.First)
	return binary.AppendUvarint(dst, o.Last)
}

func decodeOwed(v []byte) (im.Owed, error) {
	r := reader{b: v}
	r.version()
	o := im.Owed{First: r.uvarint(), Last: r.uvarint()}
	if !r.done() {
		return im.Owed{}, errCorrupt
	}
	return o, nil
}

// partial is a snapshot of which the last part has not come yet. The zero partial is none.
type partial struct {
	seq   uint64
	epoch im.Epoch
	// next is the number of parts stored, and so the part that must come next; 0 = no partial.
	next int
}

func appendPartial(dst []byte, p partial) []byte {
	dst = append(dst, recordVersion)
	for _, v := range [...]uint64{p.seq, p.epoch.Term, p.epoch.Activation, uint64(p.next)} {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}

func decodePartial(v []byte) (partial, error) {
	r := reader{b: v}
	r.version()
	p := partial{seq: r.uvarint()}
	p.epoch.Term, p.epoch.Activation = r.uvarint(), r.uvarint()
	next := r.uvarint()
	if !r.done() || next > maxSnapshotParts {
		return partial{}, errCorrupt
	}
	p.next = int(next)
	return p, nil
}

// meta is what a shard knows of itself.
type meta struct {
	// applied is the Raft index of the last command applied.
	applied uint64
	// ord is the number of the last entry stored in the shard, over all addresses.
	ord uint64
}

func appendMeta(dst []byte, m meta) []byte {
	dst = append(dst, recordVersion)
	dst = binary.AppendUvarint(dst, m.applied)
	return binary.AppendUvarint(dst, m.ord)
}

func decodeMeta(v []byte) (meta, error) {
	r := reader{b: v}
	r.version()
	m := meta{applied: r.uvarint(), ord: r.uvarint()}
	if !r.done() {
		return meta{}, errCorrupt
	}
	return m, nil
}

func encodePart(data []byte) []byte { return append([]byte{recordVersion}, data...) }

// decodePart returns a copy of the data.
func decodePart(v []byte) ([]byte, error) {
	r := reader{b: v}
	r.version()
	if !r.ok() || len(r.b) > MaxPart {
		return nil, errCorrupt
	}
	return bytes.Clone(r.b), nil
}
