package wire

import "github.com/parley-im/parley/im"

// errEvent is returned for a Socket.IO event that is not a non-empty array with its name in front.
var errEvent = im.E("wire.event", im.Invalid, "not an event")

// ParseEvent reads the JSON of a Socket.IO EVENT packet: `["name", argument...]`. It returns the first argument as
// raw JSON, nil when there is none; further ones are checked to be JSON and otherwise ignored. The error is of kind
// Invalid.
func ParseEvent(data []byte) (name string, arg []byte, err error) {
	var first [2]raw
	if !cutArray(data, first[:]) {
		return "", nil, errEvent
	}
	name, ok := Text(first[0])
	if !ok {
		return "", nil, errEvent
	}
	return name, first[1], nil
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
