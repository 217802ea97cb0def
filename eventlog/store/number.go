package store

import (
	"bytes"
	"cmp"
)

// number is a JSON number, to be compared by its exact value: 0.DIGITS times 10^exp. digits begins and ends with a digit
// other than 0, may hold the decimal point anywhere, which counts for nothing, and is empty for zero.
type number struct {
	negative bool
	exp      int64
	digits   []byte
}

// maxExponent bounds an exponent: numbers beyond it count as being there. Another digit still fits.
const maxExponent = 1 << 59

// parseNumber reads a JSON number. Of anything else it makes some number. digits aliases text.
func parseNumber(text []byte) (n number) {
	if len(text) > 0 && text[0] == '-' {
		n.negative, text = true, text[1:]
	}
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		n.exp, text = parseExponent(text[i+1:]), text[:i]
	}
	point := bytes.IndexByte(text, '.')
	if point < 0 {
		point = len(text)
	}
	first := bytes.IndexAny(text, "123456789")
	if first < 0 {
		return number{}
	}
	n.digits = text[first : bytes.LastIndexAny(text, "123456789")+1]
	if first < point {
		n.exp += int64(point - first)
	} else {
		n.exp -= int64(first - point - 1)
	}
	return n
}

func parseExponent(text []byte) (e int64) {
	negative := len(text) > 0 && text[0] == '-'
	for _, c := range text {
		if isDigit(c) && e < maxExponent {
			e = e*10 + int64(c-'0')
		}
	}
	e = min(e, maxExponent)
	if negative {
		return -e
	}
	return e
}

func (n *number) sign() int {
	switch {
	case len(n.digits) == 0:
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// compare returns -1, 0 or 1 as n is less than, equal to or greater than o.
func (n *number) compare(o *number) int {
	sign := n.sign()
	if sign != o.sign() || sign == 0 {
		return cmp.Compare(sign, o.sign())
	}
	if c := cmp.Compare(n.exp, o.exp); c != 0 {
		return sign * c
	}
	return sign * compareDigits(n.digits, o.digits)
}

// compareDigits compares two rows of digits as fractions; points count for nothing.
func compareDigits(a, b []byte) int {
	for {
		a, b = bytes.TrimPrefix(a, point), bytes.TrimPrefix(b, point)
		if len(a) == 0 || len(b) == 0 {
			return cmp.Compare(len(a), len(b))
		}
		if c := cmp.Compare(a[0], b[0]); c != 0 {
			return c
		}
		a, b = a[1:], b[1:]
	}
}

var point = []byte{'.'}
