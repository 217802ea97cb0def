package swarm

import (
	"encoding/binary"
	"errors"

	"github.com/gobwas/ws"
)

// maxPayload bounds a frame: a server that announces more is not the one that is measured.
const maxPayload = 16 << 20

var errFrame = errors.New("the server sent a frame that is masked, fragmented, reserved or too long")

// Cut finds the first frame of b without copying it (RFC 6455, section 5.2):
//
//	byte 0   0x80 (last fragment) | opcode
//	byte 1   length up to 125, or 126 and 2 bytes of length, or 127 and 8 bytes, big endian
//
// size is what it takes of b, payload a part of it; size 0 means that b does not hold all of it. gobwas reads headers from an
// io.Reader only, which would cost more per delivery than all the rest here.
func Cut(b []byte) (op ws.OpCode, payload []byte, size int, err error) {
	if len(b) < 2 {
		return 0, nil, 0, nil
	}
	if b[0]&0xf0 != 0x80 || b[1]&0x80 != 0 {
		return 0, nil, 0, errFrame
	}
	head, length := 2, uint64(b[1])
	switch {
	case length == 126 && len(b) >= 4:
		head, length = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case length == 127 && len(b) >= 10:
		head, length = 10, binary.BigEndian.Uint64(b[2:])
	case length > 125:
		return 0, nil, 0, nil
	}
	if length > maxPayload {
		return 0, nil, 0, errFrame
	}
	if size = head + int(length); size > len(b) {
		return 0, nil, 0, nil
	}
	return ws.OpCode(b[0] & 0xf), b[head:size], size, nil
}
