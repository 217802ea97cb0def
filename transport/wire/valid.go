package wire

import (
	"math"
	"unicode/utf8"
)

// Valid reports whether data is exactly one JSON value in UTF-8, nested at most MaxNesting deep.
func Valid(data []byte) bool {
	return utf8.Valid(data) && spaceEnd(data, valueEnd(data, spaceEnd(data, 0), 0)) == len(data)
}

// cutArray puts the first elements of a JSON array into first, as many as fit, and reports whether data is one, and Valid.
func cutArray(data []byte, first []raw) bool {
	at := spaceEnd(data, 0)
	return utf8.Valid(data) && charAt(data, at) == '[' && spaceEnd(data, arrayEnd(data, at, 1, first)) == len(data)
}

// The functions below return where that ends which begins at data[at], by the grammar of RFC 8259, or invalid when it is not what
// they say. data is UTF-8. NB: invalid lies behind the end of all text, where nothing begins: what follows is invalid, too.
const invalid = math.MaxInt / 2

// charAt returns the byte at at, and 0, which JSON never has, behind the end.
func charAt(data []byte, at int) byte {
	if at >= len(data) {
		return 0
	}
	return data[at]
}

// spaceEnd skips white space, if there is some.
func spaceEnd(data []byte, at int) int {
	for at < len(data) && isSpace(data[at]) {
		at++
	}
	return at
}

// valueEnd skips a value that lies within so many arrays and objects.
func valueEnd(data []byte, at, nesting int) int {
	switch charAt(data, at) {
	case '"':
		return stringEnd(data, at)
	case '{':
		return objectEnd(data, at, nesting+1)
	case '[':
		return arrayEnd(data, at, nesting+1, nil)
	case 't':
		return wordEnd(data, at, "true")
	case 'f':
		return wordEnd(data, at, "false")
	case 'n':
		return wordEnd(data, at, "null")
	}
	return numberEnd(data, at)
}

// arrayEnd skips an array, and puts its first elements into first.
func arrayEnd(data []byte, at, nesting int, first []raw) int {
	if nesting > MaxNesting {
		return invalid
	}
	at = spaceEnd(data, at+1)
	if charAt(data, at) == ']' {
		return at + 1
	}
	for n := 0; ; n++ {
		end := valueEnd(data, at, nesting)
		if n < len(first) && end != invalid {
			first[n] = data[at:end]
		}
		switch at = spaceEnd(data, end); charAt(data, at) {
		case ',':
			at = spaceEnd(data, at+1)
		case ']':
			return at + 1
		default:
			return invalid
		}
	}
}

func objectEnd(data []byte, at, nesting int) int {
	if nesting > MaxNesting {
		return invalid
	}
	at = spaceEnd(data, at+1)
	if charAt(data, at) == '}' {
		return at + 1
	}
	for {
		at = valueEnd(data, keyEnd(data, at), nesting)
		switch at = spaceEnd(data, at); charAt(data, at) {
		case ',':
			at = spaceEnd(data, at+1)
		case '}':
			return at + 1
		default:
			return invalid
		}
	}
}

// keyEnd skips a key and what stands between it and its value.
func keyEnd(data []byte, at int) int {
	if charAt(data, at) != '"' {
		return invalid
	}
	at = spaceEnd(data, stringEnd(data, at))
	if charAt(data, at) != ':' {
		return invalid
	}
	return spaceEnd(data, at+1)
}

// stringEnd skips a string, whose quote is at at.
func stringEnd(data []byte, at int) int {
	for at++; ; {
		at = plainEnd(data, at)
		switch charAt(data, at) {
		case '"':
			return at + 1
		case '\\':
			at = escapeEnd(data, at)
		default:
			return invalid
		}
	}
}

// plainEnd skips what stands for itself in a string, if there is some.
func plainEnd(data []byte, at int) int {
	for at < len(data) && plain[data[at]] {
		at++
	}
	return at
}

// plain says which bytes stand for themselves in a string.
var plain = func() (t [256]bool) {
	for c := ' '; int(c) < len(t); c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

func escapeEnd(data []byte, at int) int {
	const unicode = len(`\u0000`)
	switch charAt(data, at+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at + 2
	case 'u':
		for i := at + 2; i < at+unicode; i++ {
			if !isHex(charAt(data, i)) {
				return invalid
			}
		}
		return at + unicode
	}
	return invalid
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func wordEnd(data []byte, at int, word string) int {
	if end := at + len(word); end <= len(data) && string(data[at:end]) == word {
		return end
	}
	return invalid
}

func numberEnd(data []byte, at int) int {
	if charAt(data, at) == '-' {
		at++
	}
	if charAt(data, at) == '0' {
		at++
	} else {
		at = digitsEnd(data, at)
	}
	if charAt(data, at) == '.' {
		at = digitsEnd(data, at+1)
	}
	if charAt(data, at)|0x20 == 'e' {
		at++
		if c := charAt(data, at); c == '+' || c == '-' {
			at++
		}
		at = digitsEnd(data, at)
	}
	return at
}

// digitsEnd skips digits, one at least.
func digitsEnd(data []byte, at int) int {
	end := at
	for isDigit(charAt(data, end)) {
		end++
	}
	if end == at {
		return invalid
	}
	return end
}
