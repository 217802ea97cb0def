package ws

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/parley-im/parley/transport/ws/wstest"
)

// plain reads b as RFC 6455, section 5, has it, with all of it at hand. A length may be written longer than need be, which the
// RFC forbids and gobwas lets pass.
func plain(b []byte, limit int) (all []handed, code uint16) {
	var op byte // of the message that is being put together, 0 = none
	var message []byte
	for {
		fr, rest, whole := cutFrame(b)
		switch {
		case fr == nil:
			return all, 0
		case fr.broken(op != 0):
			return all, CloseProtocolError
		case !fr.control() && fr.length > uint64(limit-len(message)):
			return all, CloseTooBig
		case !whole:
			return all, 0
		}
		b = rest
		if fr.control() {
			if fr.op != wstest.Pong {
				all = append(all, handed{ws.OpCode(fr.op), string(fr.payload)})
			}
			continue
		}
		if fr.op != wstest.Continuation {
			op = fr.op
		}
		message = append(message, fr.payload...)
		if !fr.fin {
			continue
		}
		if op == wstest.Text {
			if !utf8.Valid(message) {
				return all, CloseBadUTF8
			}
			all = append(all, handed{ws.OpText, string(message)})
		}
		op, message = 0, nil
	}
}

type frame struct {
	fin, masked bool
	rsv, op     byte
	length      uint64
	payload     []byte
}

func (f *frame) control() bool { return f.op >= 8 }

// broken reports whether no client may send f, while a message is begun or not.
func (f *frame) broken(begun bool) bool {
	switch {
	case f.rsv != 0, !f.masked, f.length>>63 != 0, f.op > wstest.Binary && f.op < wstest.Close, f.op > wstest.Pong:
		return true
	case f.control():
		return !f.fin || f.length > 125
	}
	return begun != (f.op == wstest.Continuation)
}

// cutFrame takes a frame off b; nil when its header is not all there, whole = false when its payload is not.
func cutFrame(b []byte) (f *frame, rest []byte, whole bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	f = &frame{fin: b[0]&0x80 != 0, rsv: b[0] >> 4 & 7, op: b[0] & 15, masked: b[1]&0x80 != 0, length: uint64(b[1] & 0x7f)}
	head := 2
	switch f.length {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	size := head
	if f.masked {
		size += 4
	}
	if len(b) < size {
		return nil, nil, false
	}
	switch head {
	case 4:
		f.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		f.length = binary.BigEndian.Uint64(b[2:])
	}
	if uint64(len(b)-size) < f.length {
		return f, nil, false
	}
	for i, c := range b[size : size+int(f.length)] {
		f.payload = append(f.payload, c^b[head+i%4])
	}
	return f, b[size+int(f.length):], true
}
