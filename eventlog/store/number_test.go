package store

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// Numbers compare by their exact value, however they are written: held to arithmetic with a thousand bits.
//
// Checked by breaking it: without TrimPrefix in compareDigits 1.5 and 15e-1 differ.
func TestNumber_ComparesByValue(t *testing.T) {
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?`)
	small := rapid.StringMatching(`-?(0|1|10|15)(\.[05]0?)?([eE][+-]?[01])?`)
	rapid.Check(t, func(t *rapid.T) {
		gen := rapid.SampledFrom([]*rapid.Generator[string]{text, small}).Draw(t, "sort")
		a, b := gen.Draw(t, "a"), gen.Draw(t, "b")
		x, y := parseNumber([]byte(a)), parseNumber([]byte(b))
		if got, want := x.compare(&y), exact(t, a).Cmp(exact(t, b)); got != want {
			t.Errorf("%s and %s compare as %d, want %d", a, b, got, want)
		}
		digits := rapid.StringMatching(`[0-9]{2,9}`).Draw(t, "digits")
		a, b = withPoint(t, digits), withPoint(t, digits)
		x, y = parseNumber([]byte(a)), parseNumber([]byte(b))
		if c := x.compare(&y); c != 0 {
			t.Errorf("%s and %s compare as %d, want 0", a, b, c)
		}
	})
}

// withPoint writes 0.DIGITS with the point at any place.
func withPoint(t *rapid.T, digits string) string {
	at := rapid.IntRange(1, len(digits)).Draw(t, "point")
	return fmt.Sprintf("%s.%s0e-%d", digits[:at], digits[at:], at)
}

func exact(t *rapid.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%s is no number", text)
	}
	return r
}

// Numbers too large for any float compare, too; beyond 10^(2^59) they are of the same size. The exponents come with all
// lengths about the bound, since those that wrap round an even number of times look right.
//
// Checked by breaking it: with digits added first and bounded then, exponents of 19 digits lie on the wrong side of 1.
func TestNumber_HasNoBound(t *testing.T) {
	const nines = "9999999999999999999999999"
	for digits := 16; digits <= len(nines); digits++ {
		e := nines[:digits]
		wantRising(t, []string{"-1e" + e, "-1e400", "-1e-400", "-1e-" + e, "0", "1e-" + e, "1e-400", "1", "1e400", "2e400", "1e401", "1e" + e})
	}
	wantRising(t, []string{"1e-1152921504606846976000", "1", "1e1152921504606846976000"})
	for _, none := range []string{"", "-", ".", "e", "x", "--1", "1e-", "..1"} {
		n := parseNumber([]byte(none))
		if c := n.compare(&n); c != 0 {
			t.Errorf("%q compares with itself as %d", none, c)
		}
	}
}

func wantRising(t *testing.T, rising []string) {
	t.Helper()
	for i := range rising {
		for j := range rising {
			a, b := parseNumber([]byte(rising[i])), parseNumber([]byte(rising[j]))
			if c := a.compare(&b); (c < 0) != (i < j) || (c == 0) != (i == j) {
				t.Errorf("%s and %s compare as %d", rising[i], rising[j], c)
			}
		}
	}
}
