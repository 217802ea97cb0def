package ws

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// decoder takes messages out of a stream of masked frames (RFC 6455, section 5.2) that comes in pieces of any size. It
// allocates for what has come, never for what a header merely announces; between messages it holds nothing. Not safe for
// concurrent use.
type decoder struct {
	max int

	// header is what has come of a frame's header: have bytes.
	header [ws.MaxHeaderSize]byte
	have   uint8
	// framed says that the header is all there: frame is what it says, and left bytes of the payload are to come.
	framed bool
	frame  ws.Header
	left   int

	// op is the opcode of the message that is being put together; 0 = none.
	op ws.OpCode
	// message holds the fragments that came so far; nil unless op is text.
	message []byte
	// size counts their bytes, also those of a binary message, which are not kept.
	size int
	// control is the payload of a control frame, as far as it has come.
	control []byte
}

var (
	errTooBig         = errors.New("message is too big")
	errBadUTF8        = errors.New("text is not UTF-8")
	errNegativeLength = errors.New("the highest bit of a length is set")
)

// next takes bytes off in until a text message, a ping or a close frame is whole: that is its opcode and payload, which
// is the caller's, and rest is to be given to the next call. Everything else is skipped. Opcode 0 means that in is used up.
// An error is a *Violation; after it the decoder is of no use.
func (d *decoder) next(in []byte) (op ws.OpCode, payload, rest []byte, err error) {
	for {
		if !d.framed {
			if in, err = d.takeHeader(in); err != nil || !d.framed {
				return 0, nil, nil, err
			}
		}
		if in = d.takePayload(in); d.left > 0 {
			return 0, nil, nil, nil
		}
		d.framed = false
		op, payload, err = d.endFrame()
		if op != 0 || err != nil {
			return op, payload, in, err
		}
	}
}

// takeHeader adds bytes of in to the header, and begins its frame once it is whole.
func (d *decoder) takeHeader(in []byte) (rest []byte, err error) {
	for int(d.have) < d.headerSize() {
		n := copy(d.header[d.have:d.headerSize()], in)
		if n == 0 {
			return nil, nil
		}
		d.have += uint8(n)
		in = in[n:]
	}
	d.have = 0
	return in, d.begin()
}

// The second byte of a header says how long the payload is: up to 125, or where the length stands.
const (
	maskBit     = 0x80
	lengthBits  = 0x7f
	lengthIn2   = 126
	lengthIn8   = 127
	shortHeader = 2
)

// headerSize returns how long the header is, as far as what has come of it tells.
func (d *decoder) headerSize() int {
	if d.have < shortHeader {
		return shortHeader
	}
	size := shortHeader
	switch d.header[1] & lengthBits {
	case lengthIn2:
		size += 2
	case lengthIn8:
		size += 8
	}
	if d.header[1]&maskBit != 0 {
		size += len(d.frame.Mask)
	}
	return size
}

// begin reads the header.
func (d *decoder) begin() error {
	b := d.header[:]
	h := ws.Header{Fin: b[0]&0x80 != 0, Rsv: b[0] >> 4 & 7, OpCode: ws.OpCode(b[0] & 0x0f), Masked: b[1]&maskBit != 0}
	b, length := b[shortHeader:], uint64(b[1]&lengthBits)
	switch length {
	case lengthIn2:
		length, b = uint64(binary.BigEndian.Uint16(b)), b[2:]
	case lengthIn8:
		length, b = binary.BigEndian.Uint64(b), b[8:]
	}
	if h.Length = int64(length); h.Length < 0 {
		return &Violation{CloseProtocolError, errNegativeLength}
	}
	if h.Masked {
		copy(h.Mask[:], b)
	}
	state := ws.StateServerSide
	if d.op != 0 {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return &Violation{CloseProtocolError, err}
	}
	return d.accept(h)
}

// accept begins a frame that is well formed.
func (d *decoder) accept(h ws.Header) error {
	if !h.OpCode.IsControl() {
		if h.Length > int64(d.max-d.size) {
			return &Violation{CloseTooBig, errTooBig}
		}
		if h.OpCode != ws.OpContinuation {
			d.op = h.OpCode
		}
		d.size += int(h.Length)
	}
	d.framed, d.frame, d.left = true, h, int(h.Length)
	return nil
}

// takePayload keeps what in has of the frame's payload.
func (d *decoder) takePayload(in []byte) (rest []byte) {
	n := min(d.left, len(in))
	came := int(d.frame.Length) - d.left
	d.left -= n
	switch {
	case d.frame.OpCode.IsControl():
		d.control = d.unmask(d.control, in[:n], came)
	case d.op == ws.OpText:
		d.message = d.unmask(d.message, in[:n], came)
	}
	return in[n:]
}

// unmask appends masked bytes to dst, came of whose frame came before them.
func (d *decoder) unmask(dst, masked []byte, came int) []byte {
	start := len(dst)
	dst = append(dst, masked...)
	ws.Cipher(dst[start:], d.frame.Mask, came)
	return dst
}

// isAtRest reports whether nothing has come of the next message.
func (d *decoder) isAtRest() bool { return d.have == 0 && !d.framed && d.op == 0 }

// endFrame returns what the frame completes, opcode 0 when that is nothing.
func (d *decoder) endFrame() (ws.OpCode, []byte, error) {
	switch {
	case d.frame.OpCode.IsControl():
		payload := d.control
		d.control = nil
		if d.frame.OpCode == ws.OpPong {
			return 0, nil, nil
		}
		return d.frame.OpCode, payload, nil
	case !d.frame.Fin:
		return 0, nil, nil
	}
	op, message := d.op, d.message
	d.op, d.message, d.size = 0, nil, 0
	switch {
	case op != ws.OpText:
		return 0, nil, nil
	case !utf8.Valid(message):
		return 0, nil, &Violation{CloseBadUTF8, errBadUTF8}
	}
	return ws.OpText, message, nil
}
