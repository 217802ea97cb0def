package store

import (
	"encoding/binary"

	"github.com/parley-im/parley/im"
)

// Flags of an append in a command: what it brings beside its entries.
const (
	// extraFloor: a floor follows.
	extraFloor byte = 1 << 0
	// extraRecord: a record follows.
	extraRecord byte = 1 << 1
	// extraNoRecord: the record goes. Not with extraRecord.
	extraNoRecord byte = 1 << 2
	// extraFinal: the state after the last entry follows.
	extraFinal byte = 1 << 3
	// extraGone: the object is deleted. Only with extraFinal.
	extraGone byte = 1 << 4

	knownExtras = extraFloor | extraRecord | extraNoRecord | extraFinal | extraGone
)

func appendExtras(dst []byte, a *im.Append) []byte {
	flags := extrasOf(a)
	dst = append(dst, flags)
	if flags&extraFloor != 0 {
		dst = binary.AppendUvarint(dst, a.Floor)
	}
	if flags&extraRecord != 0 {
		dst = appendRecord(dst, a.Record)
	}
	if flags&extraFinal != 0 {
		dst = appendBytes(dst, a.Final)
	}
	return dst
}

func extrasOf(a *im.Append) (flags byte) {
	if a.Floor > 0 {
		flags |= extraFloor
	}
	switch {
	case a.Record == nil:
	case a.Record.Gone:
		flags |= extraNoRecord
	default:
		flags |= extraRecord
	}
	if a.Final != nil {
		flags |= extraFinal
	}
	if a.Gone {
		flags |= extraGone
	}
	return flags
}

func (r *reader) extras(it *item) {
	it.extras, it.floor, it.final = r.byte(), 0, nil
	r.bad = r.bad || it.extras&^knownExtras != 0 ||
		it.has(extraRecord) && it.has(extraNoRecord) || it.has(extraGone) && !it.has(extraFinal)
	if it.has(extraFloor) {
		it.floor = r.uvarint()
		r.bad = r.bad || it.floor == 0
	}
	if it.has(extraRecord) {
		r.record(&it.record)
	}
	if it.has(extraFinal) {
		it.final = r.bytes(im.MaxFinal)
	}
}

// has reports whether an append brings what the flag says.
func (it *item) has(flag byte) bool { return it.extras&flag != 0 }
