package walcheck_test

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/parley-im/parley/eventlog/walcheck"
)

// What the edits of a manifest say, one after the other, is what there is: tables that were added, moved and deleted, and the oldest
// log that is needed.
func TestTables_FollowTheEdits(t *testing.T) {
	table := func(tag, level, file byte, size uint64, custom ...byte) []byte {
		b := binary.AppendUvarint([]byte{tag, level, file}, size)
		return append(append(b, 1, 'a', 2, 'b', 'c', 3, 4), custom...)
	}
	var got walcheck.Tables
	for _, edit := range [][]byte{
		append([]byte{1, 3, 'c', 'm', 'p', 2, 5, 3, 9, 4, 7}, table(100, 0, 6, 300)...),
		table(103, 0, 7, 70000, 6, 2, 'x', 'y', 1),
		append([]byte{6, 0, 6}, table(100, 1, 6, 300)...),
		{2, 8, 9, 0, 6, 0, 7},
	} {
		if err := got.Apply(edit); err != nil {
			t.Fatalf("%x: %v", edit, err)
		}
	}
	if want := (walcheck.Tables{Unflushed: 8, Size: map[uint64]uint64{6: 300}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Whatever an edit holds, it is taken or refused; an unknown field is never passed over.
func FuzzTables(f *testing.F) {
	f.Add([]byte{2, 5, 3, 6, 4, 7})
	f.Add([]byte{6, 0, 9})
	f.Add([]byte{100, 0, 9, 200, 1, 1, 'a', 1, 'b', 1, 2})
	f.Add([]byte{103, 0, 9, 200, 1, 1, 'a', 1, 'b', 1, 2, 6, 1, 5, 1})
	f.Add([]byte{1, 3, 'a'})
	f.Add([]byte{200})
	f.Fuzz(func(t *testing.T, record []byte) {
		var once, twice walcheck.Tables
		err := once.Apply(record)
		if again := twice.Apply(append(bytes.Clone(record), 200, 1)); again == nil && err == nil {
			t.Errorf("%x is taken with an unknown field behind it", record)
		}
	})
}

// Whatever a table holds, it is read or refused.
func FuzzReadTable(f *testing.F) {
	footer := append([]byte{1, 0, 4, 9, 4}, make([]byte, 36)...)
	footer = append(footer, 2, 0, 0, 0, 0xf7, 0xcf, 0xf4, 0x85, 0xb7, 0x41, 0xe2, 0x88)
	empty := []byte{1, 0, 0, 0, 0}
	f.Add(append(append(append([]byte{}, empty...), empty...), footer...))
	f.Add(footer)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, table []byte) {
		err := walcheck.ReadTable(bytes.NewReader(table), int64(len(table)))
		if err == nil && len(table) < 53 {
			t.Errorf("%x is taken", table)
		}
	})
}
