package wire

import "github.com/parley-im/parley/im"

// errEvent is returned for a Socket.IO event that is not a non-empty array with its name in front.
var errEvent = im.E("wire.event", im.Invalid, "not an event")

// ParseEvent reads the JSON of a Socket.IO EVENT packet: `["name", argument...]`. It returns the first argument as
// raw JSON, nil when there is none; further ones are checked to be JSON and otherwise ignored. The error is of kind
// Invalid.
func ParseEvent(data []byte) (name string, arg []byte, err error) {
	if !Valid(data) {
		return "", nil, errEvent
	}
	list := trimmed(data)
	if list[0] != '[' {
		return "", nil, errEvent
	}
	first, rest := cutElement(list[1:])
	name, ok := Text(first)
	if !ok {
		return "", nil, errEvent
	}
	arg, _ = cutElement(rest)
	return name, arg, nil
}

// cutElement takes the next element off the inside of a valid JSON array; nil when there is none. A comma in front
// of it is skipped.
func cutElement(b []byte) (element raw, rest []byte) {
	b = trimmed(b)
	if len(b) > 0 && b[0] == ',' {
		b = trimmed(b[1:])
	}
	n := valueLen(b)
	if n == 0 {
		return nil, nil
	}
	return raw(b[:n]), b[n:]
}

// valueLen returns the length of the value at the front of valid JSON, 0 at the end of an array.
func valueLen(b []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth < 0 {
				return i
			}
		case depth == 0 && (c == ',' || isSpace(c)):
			return i
		}
	}
	return len(b)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trimmed cuts the white space of JSON off the front of b.
func trimmed(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

// startsObject reports whether b begins like a JSON object.
func startsObject(b []byte) bool {
	b = trimmed(b)
	return len(b) > 0 && b[0] == '{'
}
