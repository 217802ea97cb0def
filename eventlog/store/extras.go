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
	// extraGone: the record goes. Not with extraRecord.
	extraGone byte = 1 << 2
)

func appendExtras(dst []byte, a *im.Append) []byte {
	var flags byte
	if a.Floor > 0 {
		flags |= extraFloor
	}
	switch {
	case a.Record == nil:
	case a.Record.Gone:
		flags |= extraGone
	default:
		flags |= extraRecord
	}
	dst = append(dst, flags)
	if flags&extraFloor != 0 {
		dst = binary.AppendUvarint(dst, a.Floor)
	}
	if flags&extraRecord != 0 {
		dst = appendRecord(dst, a.Record)
	}
	return dst
}

func (r *reader) extras(it *item) {
	it.extras, it.floor = r.byte(), 0
	const both = extraRecord | extraGone
	r.bad = r.bad || it.extras > extraFloor|both || it.extras&both == both
	if it.extras&extraFloor != 0 {
		it.floor = r.uvarint()
		r.bad = r.bad || it.floor == 0
	}
	if it.extras&extraRecord != 0 {
		r.record(&it.record)
	}
}
