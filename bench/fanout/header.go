package fanout

import (
	"encoding/binary"
	"time"
)

// The body of a measured message is text that no JSON encoder escapes, so that it is found in a frame by a search and read
// without parsing. A digit is one of a to p and stands for four bits:
//
//	offset  bytes
//	 0       1    '~'
//	 1       8    run: drawn for each run, so that nobody else's messages are counted
//	 9       8    sender: its number among the senders of all rooms
//	17       8    slot of the window that the broadcast has; 0 when the load is open
//	25       8    seq: the sender's broadcasts, from 0 on
//	33      16    intended time, nanoseconds since the beginning of the run
//	49       -    filler
//	last     1    '.': where it is not, the message is damaged
type header struct {
	sender, slot, seq uint32
	due               time.Duration
}

const (
	digits      = 8 // of a number of 32 bits
	markBytes   = 1 + digits
	headerBytes = markBytes + 5*digits
	filler      = 'x'
	lastByte    = '.'
)

// put writes h to b, the body of a message, behind its mark. b has at least headerBytes.
func (h header) put(b []byte) {
	b = b[markBytes:]
	for i, v := range []uint32{h.sender, h.slot, h.seq, uint32(uint64(h.due) >> 32), uint32(uint64(h.due))} {
		putNumber(b[i*digits:], v)
	}
}

// parseHeader reads what follows the mark: at least 5 numbers.
func parseHeader(b []byte) header {
	return header{
		sender: number(b), slot: number(b[digits:]), seq: number(b[2*digits:]),
		due: time.Duration(uint64(number(b[3*digits:]))<<32 | uint64(number(b[4*digits:]))),
	}
}

func putNumber(b []byte, v uint32) {
	for i := digits - 1; i >= 0; i-- {
		b[i] = 'a' + byte(v&0xf)
		v >>= 4
	}
}

// number reads eight digits at once: it takes 'a' off each, then brings the halves of bytes, of 16 bits and of 32 bits
// together. What is no digit becomes some other number.
func number(b []byte) uint32 {
	v := (binary.BigEndian.Uint64(b) - 0x6161616161616161) & 0x0f0f0f0f0f0f0f0f
	v = (v | v>>4) & 0x00ff00ff00ff00ff
	v = (v | v>>8) & 0x0000ffff0000ffff
	return uint32(v | v>>16)
}
