package payload

import (
	"unicode/utf16"
	"unicode/utf8"
)

// surrogates is the first character that takes two UTF-16 code units.
const surrogates = 0x10000

// appendEscaped adds packet with every character above U+007F as \uXXXX, two of them where UTF-16 has a pair. What is not
// UTF-8 becomes U+FFFD.
func appendEscaped(dst, packet []byte) []byte {
	for len(packet) > 0 {
		n := asciiLen(packet)
		dst = append(dst, packet[:n]...)
		packet = packet[n:]
		if len(packet) == 0 {
			break
		}
		r, size := utf8.DecodeRune(packet)
		dst = appendRune(dst, r)
		packet = packet[size:]
	}
	return dst
}

// asciiLen returns how many bytes of ASCII b begins with.
func asciiLen(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}

func appendRune(dst []byte, r rune) []byte {
	if r < surrogates {
		return appendUnit(dst, r)
	}
	high, low := utf16.EncodeRune(r)
	return appendUnit(appendUnit(dst, high), low)
}

func appendUnit(dst []byte, unit rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[unit>>12&0xf], hex[unit>>8&0xf], hex[unit>>4&0xf], hex[unit&0xf])
}

// undouble undoes a second encoding as UTF-8. Clients 1.x and the Swift client encode twice in Text3, clients 2.x once. A
// packet that has characters from U+0080 to U+00FF and none above is taken for a double one if those characters, as bytes,
// are UTF-8. The packet is UTF-8.
func undouble(packet []byte) []byte {
	if !latin1(packet) {
		return packet
	}
	once := make([]byte, 0, len(packet))
	for _, r := range string(packet) {
		once = append(once, byte(r))
	}
	if !utf8.Valid(once) {
		return packet
	}
	return once
}

// latin1 reports whether packet has characters above U+007F, and none above U+00FF.
func latin1(packet []byte) bool {
	if asciiLen(packet) == len(packet) {
		return false
	}
	for _, r := range string(packet) {
		if r > 0xff {
			return false
		}
	}
	return true
}
