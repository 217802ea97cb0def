package jpegdc

import "errors"

// ErrDamaged is returned for data that image/jpeg forgives, and makes something of: more codes than a table can have, codes that stand for nothing,
// coefficients behind the end of their block, a colour that no scan has, a table of quantization that ends with its first byte.
var ErrDamaged = errors.New("jpegdc: damaged")

const (
	// lookup is the length of the codes that are looked up at once, in bits. Longer ones are rare.
	lookup = 11
	// longest is the length of the longest codes, in bits.
	longest = 16
)

// table is one of Huffman codes (section F.2.2.3).
type table struct {
	// short has the entry for whatever comes next, by its first bits, where its code is no longer than that.
	short [1 << lookup]entry
	// entries has those of all codes, in their order; max[l] is the last code of length l, or -1, and at[l] + code is its entry's place.
	entries [256]entry
	max, at [longest + 1]int32
	defined bool
}

// entry says what a code means: how many bits are passed over in the low five, and what for in the others. For DC that is the
// code, and how many bits of a difference follow; for AC the code with its coefficient, and how far that leads in the block, or 0 for to its
// end. The entry 0 stands for no code.
type entry uint16

func (e entry) bits() int  { return int(e & 31) }
func (e entry) value() int { return int(e >> 5) }

// dcEntry is that of a code of DC, of a symbol that says how long a difference is.
func dcEntry(symbol byte, length int) entry { return entry(symbol)<<5 | entry(length) }

// acEntry is that of a code of AC, of a symbol that says how many zeros come first, and how long the coefficient behind them is (table F.2).
func acEntry(symbol byte, length int) entry {
	zeros, size := entry(symbol>>4), entry(symbol&15)
	switch {
	case size > 0 || zeros == 15: // 15 of them and none behind is 16 zeros
		return (zeros+1)<<5 | (entry(length) + size)
	case zeros == 0:
		return entry(length) // end of block
	}
	return noEntry<<5 | entry(length) // only progressive pictures know others
}

// noEntry leads out of any block.
const noEntry = blockSize + 1

// define makes a table of how many codes there are of each length and what they mean, in order (section C.2).
func (t *table) define(counts *[longest]byte, symbols []byte, of func(symbol byte, length int) entry) error {
	clear(t.short[:])
	t.defined = true
	code, at := int32(0), int32(0)
	for l := 1; l <= longest; l++ {
		n := int32(counts[l-1])
		if code+n > 1<<l {
			return ErrDamaged
		}
		t.at[l], t.max[l] = at-code, -1
		if n > 0 {
			t.max[l] = code + n - 1
		}
		for range n {
			e := of(symbols[at], l)
			t.entries[at] = e
			if l <= lookup {
				first := code << (lookup - l)
				for i := range int32(1) << (lookup - l) {
					t.short[first+i] = e
				}
			}
			code, at = code+1, at+1
		}
		code <<= 1
	}
	return nil
}

// find returns the entry of the code that these bits begin with, 0 if there is none.
func (t *table) find(bits uint64) entry {
	if e := t.short[bits>>(64-lookup)]; e != 0 {
		return e
	}
	for l := lookup + 1; l <= longest; l++ {
		if code := int32(bits >> 32 >> (32 - l)); code <= t.max[l] {
			return t.entries[t.at[l]+code]
		}
	}
	return 0
}
