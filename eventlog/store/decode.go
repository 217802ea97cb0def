package store

import (
	"fmt"
	"math"

	"github.com/parley-im/parley/im"
)

// entry is one entry of a decoded append. id and body alias the command.
type entry struct {
	flags byte
	n     uint64
	ts    im.Millis
	id    []byte
	body  []byte
}

func (e *entry) owes() bool { return e.flags&flagOwes != 0 }

// item is one decoded item of a command; which fields are set depends on op.
type item struct {
	op       byte
	addr     im.Address
	epoch    im.Epoch
	expected uint64
	extras   byte
	floor    uint64
	record   public
	entries  []entry
	final    []byte
	part     Part
	through  uint64
	class    Class
	before   im.Millis
}

// decodeCommand hands the items of a command to visit, one after the other. What they hold aliases cmd, and is good
// until visit returns.
func decodeCommand(cmd []byte, visit func(*item) error) error {
	r := reader{b: cmd}
	if v := r.byte(); r.bad || v == 0 {
		return errCommand
	} else if v != CommandVersion {
		return fmt.Errorf("%w (version %d, known %d)", errVersion, v, CommandVersion)
	}
	var it item
	alone := standsAlone(cmd)
	for n := 0; len(r.b) > 0; n++ {
		decodeItem(&r, &it)
		if r.bad || n == MaxItems || it.readsStore() != alone {
			return errCommand
		}
		if err := visit(&it); err != nil {
			return err
		}
	}
	return nil
}

// standsAlone reports whether a command has a batch of its own, since its items read what was applied before out of the store. Those
// of one command all do, or none does.
func standsAlone(cmd []byte) bool {
	return len(cmd) > 1 && (&item{op: cmd[1]}).readsStore()
}

func (it *item) readsStore() bool { return it.op == opCarry || it.op == opBury }

func decodeItem(r *reader, it *item) {
	it.op = r.byte()
	if it.op == opSeal || it.op == opExpire {
		it.class, it.before = Class(r.byte()), r.millis()
		return
	}
	it.addr = r.address()
	switch it.op {
	case opAppend:
		it.epoch, it.expected = r.epoch(), r.uvarint()
		r.extras(it)
		it.entries = r.entries(it.entries[:0])
	case opSnapshot:
		it.epoch = r.epoch()
		it.part = r.part()
	case opTold:
		it.through = r.uvarint()
	case opCarry, opBury:
	default:
		r.bad = true
	}
}

func (r *reader) address() im.Address {
	a, rest, ok := im.CutKey(r.b)
	if !ok {
		r.bad, r.b = true, nil
		return im.Address{}
	}
	r.b = rest
	return a
}

func (r *reader) epoch() im.Epoch { return im.Epoch{Term: r.uvarint(), Activation: r.uvarint()} }

func (r *reader) entries(dst []entry) []entry {
	n := r.uvarint()
	if n == 0 || n > uint64(len(r.b)) { // an entry takes more than one byte
		r.bad = true
		return nil
	}
	for range n {
		e := entry{flags: r.byte(), n: r.uvarint(), ts: r.millis(), id: r.bytes(im.MaxMessageIDLen), body: r.bytes(MaxBody)}
		if r.bad || e.flags&^knownFlags != 0 {
			r.bad = true
			return nil
		}
		dst = append(dst, e)
	}
	return dst
}

func (r *reader) part() Part {
	p := Part{Seq: r.uvarint(), TS: r.millis()}
	part, parts := r.uvarint(), r.uvarint()
	p.Data = r.bytes(MaxPart)
	if parts == 0 || parts > maxSnapshotParts || part >= parts || p.Seq > math.MaxInt64 {
		r.bad = true
		return Part{}
	}
	p.Part, p.Parts = int(part), int(parts)
	return p
}
