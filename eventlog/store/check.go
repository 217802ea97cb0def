package store

import (
	"fmt"

	"github.com/parley-im/parley/im"
)

// CheckAppend reports what makes a impossible to encode, as an *im.Error of kind Invalid or TooLong. It looks at the
// append alone; whether it fits the head is decided when it is applied.
func CheckAppend(a *im.Append) error {
	const op = "eventlog.append"
	if !a.Addr.Valid() {
		return im.E(op, im.Invalid, "invalid address")
	}
	if len(a.Entries) == 0 {
		return im.E(op, im.Invalid, "nothing to append")
	}
	for i := range a.Entries {
		if err := checkEntry(op, a, i); err != nil {
			return err
		}
	}
	if a.Record != nil {
		if err := checkRecord(op, a.Record); err != nil {
			return err
		}
	}
	switch {
	case a.Gone && a.Final == nil:
		return im.E(op, im.Invalid, "an object that is deleted has a last state")
	case len(a.Final) > im.MaxFinal:
		return im.E(op, im.TooLong, fmt.Sprintf("a last state takes at most %d bytes, this one has %d", im.MaxFinal, len(a.Final)))
	}
	if n := AppendSize(a); n > MaxAppend {
		return im.E(op, im.TooLong, fmt.Sprintf("an append takes at most %d bytes, this one has %d", MaxAppend, n))
	}
	return nil
}

func checkEntry(op string, a *im.Append, i int) error {
	switch e := &a.Entries[i]; {
	case e.Seq != 0 && e.Seq != a.Expected+uint64(i)+1:
		return im.E(op, im.Invalid, fmt.Sprintf("entry %d has seq %d, expected %d", i, e.Seq, a.Expected+uint64(i)+1))
	case e.TS <= 0:
		return im.E(op, im.Invalid, fmt.Sprintf("entry %d has no time", i))
	case len(e.ID) > im.MaxMessageIDLen:
		return im.E(op, im.TooLong, fmt.Sprintf("an id takes at most %d bytes", im.MaxMessageIDLen))
	case len(e.Body) > MaxBody:
		return im.E(op, im.TooLong, fmt.Sprintf("a body takes at most %d bytes", MaxBody))
	}
	return nil
}

// AppendSize estimates the encoded size of an append from above, in bytes.
func AppendSize(a *im.Append) int {
	n := len(a.Addr.App) + len(a.Addr.ID) + len(a.Final) + 64
	for i := range a.Entries {
		n += len(a.Entries[i].ID) + len(a.Entries[i].Body) + 32
	}
	if a.Record != nil {
		n += recordSize(a.Record)
	}
	return n
}

// CheckSnapshot reports what makes a state impossible to store, as an *im.Error of kind Invalid or TooLong.
func CheckSnapshot(addr im.Address, seq uint64, ts im.Millis, size int) error {
	const op = "eventlog.snapshot"
	switch {
	case !addr.Valid():
		return im.E(op, im.Invalid, "invalid address")
	case seq == 0 || ts <= 0:
		return im.E(op, im.Invalid, "a snapshot covers at least one entry")
	case size > MaxSnapshot:
		return im.E(op, im.TooLong, fmt.Sprintf("a state takes at most %d bytes, this one has %d", MaxSnapshot, size))
	}
	return nil
}
