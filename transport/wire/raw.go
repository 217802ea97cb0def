package wire

import "encoding/json"

// raw is a JSON value that is looked at later, or never. Absent fields are nil.
type raw = json.RawMessage

// isNull reports whether v is absent or null, which mean the same everywhere on this wire.
func isNull(v raw) bool { return len(v) == 0 || v[0] == 'n' }

// text returns v when it is a JSON string; ok is false for every other value.
func text(v raw) (s string, ok bool) {
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	return s, api.Unmarshal(v, &s) == nil
}

// textOrEmpty is text for fields in which an empty string counts as absent.
func textOrEmpty(v raw) string {
	s, _ := text(v)
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
