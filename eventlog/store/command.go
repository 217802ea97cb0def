package store

import (
	"encoding/binary"
	"errors"

	"github.com/parley-im/parley/im"
)

// CommandVersion begins every command. A node that meets another one in its log must stop rather than guess.
const CommandVersion = 3

// Operations of a command's items. Append only.
const (
	opAppend   byte = 1
	opSnapshot byte = 2
	opTold     byte = 3
	opSeal     byte = 4
	opExpire   byte = 5
	opCarry    byte = 6
	opBury     byte = 7
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

// AppendSeal adds to a command that nothing of class c with a stamp before the given one is stored any more. It must be the start
// of a bucket.
func AppendSeal(dst []byte, c Class, before im.Millis) []byte {
	return appendMark(dst, opSeal, c, before)
}

// AppendExpire adds to a command that nothing of class c with a stamp before the given one is read any more. It must be the start of
// a bucket that is sealed; all that addresses need of what is before must have been carried.
func AppendExpire(dst []byte, c Class, before im.Millis) []byte {
	return appendMark(dst, opExpire, c, before)
}

func appendMark(dst []byte, op byte, c Class, before im.Millis) []byte {
	return binary.AppendUvarint(append(dst, op, byte(c)), uint64(before))
}

// AppendCarry adds to a command that what addr needs of the buckets that are sealed is kept for replay. A command with such an item
// has items of AppendCarry and AppendBury only.
func AppendCarry(dst []byte, addr im.Address) []byte { return addr.AppendKey(append(dst, opCarry)) }

// AppendBury adds to a command that addr is forgotten, if it is deleted, has no entries after the watermark, and owes nothing. A command
// with such an item has items of AppendCarry and AppendBury only.
func AppendBury(dst []byte, addr im.Address) []byte { return addr.AppendKey(append(dst, opBury)) }
