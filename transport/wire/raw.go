package wire

import (
	"encoding/json"
	"unicode/utf8"
)

// raw is a JSON value that is looked at later, or never. Absent fields are nil.
type raw = json.RawMessage

// IsNull reports whether v is absent or null, which mean the same everywhere on this wire.
func IsNull(v json.RawMessage) bool { return len(v) == 0 || v[0] == 'n' }

// Text returns v when it is a JSON string; ok is false for every other value.
func Text(v json.RawMessage) (s string, ok bool) {
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	if end := len(v) - 1; plainEnd(v, 1) == end && v[end] == '"' && utf8.Valid(v) {
		return string(v[1:end]), true
	}
	return unescaped(v)
}

// unescaped is Text for any string.
func unescaped(v raw) (s string, ok bool) { return s, api.Unmarshal(v, &s) == nil }

// textOrEmpty is Text for fields in which an empty string counts as absent.
func textOrEmpty(v raw) string {
	s, _ := Text(v)
	return s
}

// object returns v when it is a JSON object, else nil.
func object(v raw) raw {
	if len(v) == 0 || v[0] != '{' {
		return nil
	}
	return v
}

// number returns v when it is a JSON number of sensible length, else nil.
func number(v raw) raw {
	if len(v) == 0 || len(v) > maxNumberLen || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return nil
	}
	return v
}

// maxNumberLen is longer than any number that JavaScript prints (25 characters).
const maxNumberLen = 32

// Strings returns the strings in an array and in the arrays in it, in their order; nulls are left out. ok is false when
// v is no array, or holds anything else. v is a value that Unmarshal took. NB: it makes nothing of arrays that are empty,
// of which a body can hold very many.
func Strings(v json.RawMessage) (list []string, ok bool) {
	if len(v) == 0 || v[0] != '[' {
		return nil, false
	}
	for len(v) > 0 {
		n := 1
		switch c := v[0]; {
		case c == '[' || c == ']' || c == ',' || isSpace(c):
		case c == 'n':
			n = len("null")
		case c == '"':
			n = stringEnd(v, 0)
			s, _ := Text(v[:n])
			list = append(list, s)
		default:
			return nil, false
		}
		v = v[n:]
	}
	return list, true
}
