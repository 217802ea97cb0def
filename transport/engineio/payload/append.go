package payload

import (
	"strconv"
	"unicode/utf8"
)

const (
	// separator stands between the packets of Text4. No packet of the server's holds one: JSON writes it as \u001e.
	separator = 0x1e
	// isString and isBinary begin the frames of Binary3, endOfLength ends their length.
	isString, isBinary, endOfLength = 0, 1, 255
)

// frameOverhead is more than a frame adds to its packet.
const frameOverhead = 16

// Append adds a packet to a body in framing f; dst is what the body holds so far. The packet is UTF-8 and not empty.
func Append(dst []byte, f Framing, packet []byte) []byte {
	switch f {
	case Text4:
		if len(dst) > 0 {
			dst = append(dst, separator)
		}
		return append(dst, packet...)
	case Binary3:
		dst = append(dst, isString)
		start := len(dst)
		dst = strconv.AppendInt(dst, int64(escapedLen(packet)), 10)
		for i := range dst[start:] {
			dst[start+i] -= '0'
		}
		dst = append(dst, endOfLength)
	case Text3:
		dst = strconv.AppendInt(dst, int64(escapedLen(packet)), 10)
		dst = append(dst, ':')
	}
	return appendEscaped(dst, packet)
}

// Size returns how many bytes Append adds for a packet, rounded up.
func Size(f Framing, packet []byte) int {
	if f == Text4 {
		return len(packet) + 1
	}
	return escapedLen(packet) + frameOverhead
}

// escapeLen is the length of \uXXXX.
const escapeLen = 6

// escapedLen returns the length of what appendEscaped adds.
func escapedLen(packet []byte) int {
	n := 0
	for _, r := range string(packet) {
		switch {
		case r < utf8.RuneSelf:
			n++
		case r < surrogates:
			n += escapeLen
		default:
			n += 2 * escapeLen
		}
	}
	return n
}
