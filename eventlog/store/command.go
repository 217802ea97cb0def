package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parley-im/parley/im"
)

// CommandVersion begins every command. A node that meets another one in its log must stop rather than guess.
const CommandVersion = 2

// Operations of a command's items. Append only.
const (
	opAppend   byte = 1
	opSnapshot byte = 2
	opTold     byte = 3
)

// Limits of the format, in bytes where nothing else is said.
const (
	// MaxBody bounds the body of one entry.
	MaxBody = 1 << 20
	// MaxAppend bounds the encoded form of one append.
	MaxAppend = 4 << 20
	// MaxPart bounds one part of a snapshot: a larger state travels in several parts.
	MaxPart = 256 << 10
	// MaxSnapshot bounds a whole state.
	MaxSnapshot = MaxPart * maxSnapshotParts

	// MaxItems bounds the items of one command; a batch that has as many ends.
	MaxItems = 4096

	maxSnapshotParts = 1024 // parts
)

var (
	// errVersion is returned for a command of a version that this program does not know.
	errVersion = errors.New("store: command of an unknown version; this node runs another program than the leader did")
	errCommand = errors.New("store: malformed command")
)

// Begin starts a command in dst, which is usually empty.
func Begin(dst []byte) []byte { return append(dst, CommandVersion) }

// AppendEntries adds one append to a command. It must satisfy CheckAppend.
func AppendEntries(dst []byte, a *im.Append) []byte {
	dst = a.Addr.AppendKey(append(dst, opAppend))
	dst = appendEpoch(dst, a.Epoch)
	dst = binary.AppendUvarint(dst, a.Expected)
	dst = appendExtras(dst, a)
	dst = binary.AppendUvarint(dst, uint64(len(a.Entries)))
	for i := range a.Entries {
		dst = appendEntry(dst, &a.Entries[i])
	}
	return dst
}

func appendEntry(dst []byte, e *im.Entry) []byte {
	var flags byte
	if e.Owes {
		flags |= flagOwes
	}
	dst = append(dst, flags)
	dst = binary.AppendUvarint(dst, e.N)
	dst = binary.AppendUvarint(dst, uint64(e.TS))
	dst = appendBytes(dst, e.ID)
	return appendBytes(dst, e.Body)
}

func appendEpoch(dst []byte, e im.Epoch) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, e.Term), e.Activation)
}

// Part is one part of a snapshot of an address's state.
type Part struct {
	Addr  im.Address
	Epoch im.Epoch
	// Seq is the entry that the state includes last, TS its stamp.
	Seq uint64
	TS  im.Millis
	// Part counts from 0 to Parts-1; the snapshot is valid when the last one is stored.
	Part, Parts int
	// Data is at most MaxPart bytes.
	Data []byte
}

// Parts returns the number of parts that a state of n bytes travels in.
func Parts(n int) int { return max(1, (n+MaxPart-1)/MaxPart) }

// AppendPart adds one part of a snapshot to a command.
func AppendPart(dst []byte, p *Part) []byte {
	dst = p.Addr.AppendKey(append(dst, opSnapshot))
	dst = appendEpoch(dst, p.Epoch)
	dst = binary.AppendUvarint(dst, p.Seq)
	dst = binary.AppendUvarint(dst, uint64(p.TS))
	dst = binary.AppendUvarint(dst, uint64(p.Part))
	dst = binary.AppendUvarint(dst, uint64(p.Parts))
	return appendBytes(dst, p.Data)
}

// AppendTold adds to a command that everything up to through has been told.
func AppendTold(dst []byte, addr im.Address, through uint64) []byte {
	return binary.AppendUvarint(addr.AppendKey(append(dst, opTold)), through)
}

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
	part     Part
	through  uint64
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
	for n := 0; len(r.b) > 0; n++ {
		decodeItem(&r, &it)
		if r.bad || n == MaxItems {
			return errCommand
		}
		if err := visit(&it); err != nil {
			return err
		}
	}
	return nil
}

func decodeItem(r *reader, it *item) {
	it.op = r.byte()
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
