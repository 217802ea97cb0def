package store

import (
	"bytes"
	"encoding/binary"

	"github.com/parley-im/parley/im"
)

// event is what an event record holds; seq is in the key.
type event struct {
	ord uint64
	// n is the number of the last message of the log up to here, this entry included. It grows with seq, as stamps do: a page
	// of history is found by it.
	n uint64
	im.Entry
}

// eventVersion begins an event in place of recordVersion.
const eventVersion = 2

// Flags of an event on disk beside those of an entry.
const (
	flagMessage = 1 << 1
	eventFlags  = knownFlags | flagMessage
)

// appendEvent writes an event; n is that of event.
func appendEvent(dst []byte, ord, n uint64, e *entry) []byte {
	flags := e.flags
	if e.n > 0 {
		flags |= flagMessage
	}
	dst = append(dst, eventVersion, flags)
	dst = binary.AppendUvarint(dst, ord)
	dst = binary.AppendUvarint(dst, n)
	dst = binary.AppendUvarint(dst, uint64(e.ts))
	dst = appendBytes(dst, e.id)
	return append(dst, e.body...)
}

// decodeEvent reads an event record. Body aliases v.
func decodeEvent(v []byte) (event, error) {
	r := reader{b: v}
	r.bad = r.byte() != eventVersion
	flags := r.byte()
	e := event{ord: r.uvarint(), n: r.uvarint()}
	e.TS = r.millis()
	e.ID = string(r.bytes(im.MaxMessageIDLen))
	if flags&flagMessage != 0 {
		e.N = e.n
		r.bad = r.bad || e.n == 0
	}
	if !r.ok() || flags&^eventFlags != 0 {
		return event{}, errCorrupt
	}
	e.Owes, e.Body = flags&flagOwes != 0, r.b
	return e, nil
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
