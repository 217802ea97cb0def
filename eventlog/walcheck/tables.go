package walcheck

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Tables is what a manifest of Raft's log says. The zero Tables is that of an empty one.
type Tables struct {
	// Unflushed is the number of the oldest log that is still needed.
	Unflushed uint64
	// Size maps the number of each table to its length in bytes.
	Size map[uint64]uint64
}

// Tags of what an edit of the manifest says, as pebble/internal/manifest (version_edit.go) has them.
const (
	tagComparator   = 1
	tagLogNumber    = 2
	tagNextFile     = 3
	tagLastSequence = 4
	tagDeletedFile  = 6
	tagPrevLog      = 9
	tagNewFile2     = 100
	tagNewFile4     = 103

	customEnd = 1
)

var errEdit = errors.New("the manifest says something that is not known here")

// Apply takes one record of the manifest.
func (t *Tables) Apply(record []byte) error {
	e := edit{b: record}
	for len(e.b) > 0 && e.err == nil {
		t.field(&e)
	}
	return e.err
}

func (t *Tables) field(e *edit) {
	switch tag := e.number(); tag {
	case tagComparator:
		e.skip()
	case tagLogNumber:
		t.Unflushed = e.number()
	case tagNextFile, tagLastSequence, tagPrevLog:
		e.number()
	case tagDeletedFile:
		e.number() // level
		delete(t.Size, e.number())
	case tagNewFile2, tagNewFile4:
		t.newTable(e, tag)
	default:
		e.fail(fmt.Errorf("%w: tag %d", errEdit, tag))
	}
}

// newTable reads: level | number | length | smallest key | largest key | smallest sequence number | largest, and with
// tagNewFile4 fields of which each is: its tag | its bytes.
//
// NB: a table that moves to another level is deleted from the one and new in the other, in this order.
func (t *Tables) newTable(e *edit, tag uint64) {
	e.number()
	file, size := e.number(), e.number()
	e.skip()
	e.skip()
	e.number()
	e.number()
	for tag == tagNewFile4 && e.err == nil && e.number() != customEnd {
		e.skip()
	}
	if t.Size == nil {
		t.Size = make(map[uint64]uint64)
	}
	t.Size[file] = size
}

// edit is what is left of a record.
type edit struct {
	b   []byte
	err error
}

func (e *edit) fail(err error) { e.b, e.err = nil, err }

func (e *edit) number() uint64 {
	v, n := binary.Uvarint(e.b)
	if n <= 0 {
		e.fail(errEdit)
		return 0
	}
	e.b = e.b[n:]
	return v
}

// skip passes bytes that begin with their length.
func (e *edit) skip() {
	n := e.number()
	if n > uint64(len(e.b)) {
		e.fail(errEdit)
		return
	}
	e.b = e.b[n:]
}
