package payload

import (
	"bytes"
	"errors"
	"iter"
	"unicode/utf8"
)

// ErrFraming is returned by Split when a body is not a row of frames, or not UTF-8.
var ErrFraming = errors.New("payload: broken framing")

// Split returns the packets of a body, each as single UTF-8, in order and without the empty ones; frames that are marked
// binary count as empty. A packet shares memory with body, or is a copy. They are cut while the caller goes through them, so
// that a body of many small ones takes no room. Of a body that is broken anywhere there are none, but ErrFraming.
func Split(f Framing, body []byte) (iter.Seq[[]byte], error) {
	if f != Binary3 && !utf8.Valid(body) {
		return nil, ErrFraming
	}
	for rest := body; len(rest) > 0; {
		packet, after, ok := cut(f, rest)
		if !ok || f == Binary3 && !utf8.Valid(packet) {
			return nil, ErrFraming
		}
		rest = after
	}
	return func(yield func([]byte) bool) {
		for rest := body; len(rest) > 0; {
			var packet []byte
			packet, rest, _ = cut(f, rest)
			if f == Text3 {
				packet = undouble(packet)
			}
			if len(packet) > 0 && !yield(packet) {
				return
			}
		}
	}, nil
}

// cut takes the first frame off a body that is not empty.
func cut(f Framing, body []byte) (packet, rest []byte, ok bool) {
	switch f {
	case Text3:
		return cutText3(body)
	case Binary3:
		return cutBinary3(body)
	default:
		packet, rest, _ = bytes.Cut(body, []byte{separator})
		return packet, rest, true
	}
}

func cutText3(body []byte) (packet, rest []byte, ok bool) {
	units, rest, ok := cutLength(body, '0', ':')
	if !ok {
		return nil, nil, false
	}
	end := unitsEnd(rest, units)
	if end < 0 {
		return nil, nil, false
	}
	return rest[:end], rest[end:], true
}

func cutBinary3(body []byte) (packet, rest []byte, ok bool) {
	size, rest, ok := cutLength(body[1:], 0, endOfLength)
	if !ok || body[0] > isBinary || size > len(rest) {
		return nil, nil, false
	}
	if body[0] == isBinary {
		return nil, rest[size:], true
	}
	return rest[:size], rest[size:], true
}

// maxDigits bounds a length; no body is longer than this many digits can say.
const maxDigits = 9

// cutLength reads the digits of a length, of which zero is the first, and the byte after them.
func cutLength(body []byte, zero, after byte) (length int, rest []byte, ok bool) {
	for i, c := range body[:min(len(body), maxDigits+1)] {
		switch {
		case c == after:
			return length, body[i+1:], i > 0
		case c < zero || c > zero+9:
			return 0, nil, false
		}
		length = 10*length + int(c-zero)
	}
	return 0, nil, false
}

// unitsEnd returns where so many UTF-16 code units of text end, -1 when there are fewer, or when that is between the two of
// a pair.
func unitsEnd(text []byte, units int) int {
	at := 0
	for units > 0 && at < len(text) {
		if text[at] < utf8.RuneSelf {
			at++
			units--
			continue
		}
		r, size := utf8.DecodeRune(text[at:])
		at += size
		units--
		if r >= surrogates {
			units--
		}
	}
	if units != 0 {
		return -1
	}
	return at
}
