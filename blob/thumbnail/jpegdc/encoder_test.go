package jpegdc_test

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// spec says what a JPEG is to be like. The encoder knows what image/jpeg's does not: any sampling, scans, restarts, and long codes.
type spec struct {
	w, h          int
	sampling      []byte // of each component: h << 4 | v
	ids           string // of each component; 1, 2, 3 and 4 unless given
	restart       int    // MCUs
	isProgressive bool
	isSplit       bool // a scan for each component
	shift         int  // bits of DC that come in a scan of their own
	hasLongCodes  bool
	hasWideQuant  bool // quantization values of two bytes
	adobe         int  // what its segment says, or -1
	isJFIF        bool
}

// drawn is a picture of random blocks, none of which is so light or dark that samples would have to be cut.
type drawn struct {
	spec
	mcusWide, mcusHigh int
	most               [2]int // the finest sampling
	planes             []plane
}

type plane struct {
	h, v, wide, high int
	quant            int
	blocks           [][64]int // in zigzag order
}

// draw draws one, the same for the same seed.
func draw(s spec, seed uint64) *drawn {
	random := rand.New(rand.NewPCG(seed, 0))
	d := &drawn{spec: s}
	sampling := s.sampling
	if len(sampling) == 1 { // it means nothing then
		sampling = []byte{0x11}
	}
	for _, f := range sampling {
		d.most = [2]int{max(d.most[0], int(f>>4)), max(d.most[1], int(f&15))}
	}
	d.mcusWide, d.mcusHigh = up(s.w, 8*d.most[0]), up(s.h, 8*d.most[1])
	for _, f := range sampling {
		p := plane{h: int(f >> 4), v: int(f & 15), quant: 1 + random.IntN(9)}
		p.wide, p.high = d.mcusWide*p.h, d.mcusHigh*p.v
		p.blocks = make([][64]int, p.wide*p.high)
		for i := range p.blocks {
			b := &p.blocks[i]
			b[0] = (random.IntN(1600) - 800) / p.quant
			for range random.IntN(4) {
				b[1+random.IntN(63)] = (random.IntN(101) - 50) / p.quant
			}
		}
		d.planes = append(d.planes, p)
	}
	return d
}

func up(a, b int) int { return (a + b - 1) / b }

// mean returns what a block of a plane is on average, times 8, and not shifted.
func (p *plane) mean(x, y int) int { return p.blocks[y*p.wide+x][0] * p.quant }

// writer writes a scan's bits.
type writer struct {
	out  []byte
	acc  uint32
	n    int
	long bool
}

// lengths are those of codes: of the first symbols, and of all others.
var short, long = []int{8, 9}, []int{1, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16}

// code returns the code of a symbol. All symbols are in the tables, in their order, so that its place is the symbol.
func (w *writer) code(symbol int) (code uint32, length int) {
	all := lengths(w.long)
	last := 0
	for s := range symbol + 1 {
		code <<= all[s] - last
		last = all[s]
		if s < symbol {
			code++
		}
	}
	return code, last
}

// lengths returns the length of each symbol's code.
func lengths(isLong bool) (all [256]int) {
	from := short
	if isLong {
		from = long
	}
	for i := range all {
		all[i] = from[min(i, len(from)-1)]
	}
	return all
}

func (w *writer) symbol(symbol int) {
	code, length := w.code(symbol)
	w.bits(code, length)
}

func (w *writer) bits(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		w.acc = w.acc<<1 | v>>i&1
		if w.n++; w.n == 8 {
			w.out = append(w.out, byte(w.acc))
			if byte(w.acc) == 0xff {
				w.out = append(w.out, 0)
			}
			w.acc, w.n = 0, 0
		}
	}
}

// number writes a value of that size (T.81, table F.1).
func (w *writer) number(v, size int) {
	if v < 0 {
		v += 1<<size - 1
	}
	w.bits(uint32(v), size)
}

func sizeOf(v int) int { return bits.Len(uint(max(v, -v))) }

// flush fills the last byte with ones, and marks a restart unless it is the end.
func (w *writer) flush(marker int) {
	for w.n != 0 {
		w.bits(1, 1)
	}
	if marker >= 0 {
		w.out = append(w.out, 0xff, 0xd0+byte(marker%8))
	}
}

// block writes a block's coefficients from first to last; before is the DC of the block before it.
func (w *writer) block(b *[64]int, first, last, shift int, before *int) {
	if first == 0 {
		dc := b[0] >> shift
		size := sizeOf(dc - *before)
		w.symbol(size)
		w.number(dc-*before, size)
		*before, first = dc, 1
	}
	if last == 0 {
		return
	}
	zeros := 0
	for k := first; k <= last; k++ {
		if b[k] == 0 {
			zeros++
			continue
		}
		for ; zeros > 15; zeros -= 16 {
			w.symbol(0xf0)
		}
		size := sizeOf(b[k])
		w.symbol(zeros<<4 | size)
		w.number(b[k], size)
		zeros = 0
	}
	if zeros > 0 {
		w.symbol(0)
	}
}

// segment writes one.
func segment(out []byte, marker byte, content ...byte) []byte {
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(2+len(content)))
	return append(out, content...)
}

// encode returns the JPEG.
func (d *drawn) encode() []byte {
	out := []byte{0xff, 0xd8}
	if d.isJFIF {
		out = segment(out, 0xe0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")...)
	}
	if d.adobe >= 0 {
		out = segment(out, 0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), byte(d.adobe))...)
	}
	for i, p := range d.planes {
		if d.hasWideQuant {
			table := []byte{0x10 | byte(i)}
			for range 64 {
				table = append(table, 0, byte(p.quant))
			}
			out = segment(out, 0xdb, table...)
			continue
		}
		table := []byte{byte(i)}
		for range 64 {
			table = append(table, byte(p.quant))
		}
		out = segment(out, 0xdb, table...)
	}
	frame := []byte{8, byte(d.h >> 8), byte(d.h), byte(d.w >> 8), byte(d.w), byte(len(d.planes))}
	for i, f := range d.sampling {
		frame = append(frame, d.id(i), f, byte(i))
	}
	marker := byte(0xc0)
	if d.isProgressive {
		marker = 0xc2
	}
	out = segment(out, marker, frame...)
	var counts [16]byte
	var symbols []byte
	for s, l := range lengths(d.hasLongCodes) {
		counts[l-1]++
		symbols = append(symbols, byte(s))
	}
	for _, class := range []byte{0, 0x10} {
		out = segment(out, 0xc4, append(append([]byte{class}, counts[:]...), symbols...)...)
	}
	if d.restart > 0 {
		out = segment(out, 0xdd, byte(d.restart>>8), byte(d.restart))
	}
	all := make([]int, len(d.planes))
	for i := range all {
		all[i] = i
	}
	groups := [][]int{all}
	if d.isSplit {
		groups = nil
		for i := range all {
			groups = append(groups, []int{i})
		}
	}
	last := 63
	if d.isProgressive {
		last = 0
	}
	for _, g := range groups {
		out = d.scan(out, g, 0, last, 0, d.shift)
	}
	if d.isProgressive {
		for i := range all {
			out = d.scan(out, []int{i}, 1, 5, 0, 0)
			out = d.scan(out, []int{i}, 6, 63, 0, 0)
		}
		for low := d.shift - 1; low >= 0; low-- {
			for _, g := range groups {
				out = d.scan(out, g, 0, 0, low+1, low)
			}
		}
	}
	return append(out, 0xff, 0xd9)
}

func (d *drawn) id(i int) byte {
	if d.ids != "" {
		return d.ids[i]
	}
	return byte(i + 1)
}

// scan writes the coefficients from first to last of some planes; high and low are where their bits begin and end.
func (d *drawn) scan(out []byte, planes []int, first, last, high, low int) []byte {
	header := []byte{byte(len(planes))}
	for _, i := range planes {
		header = append(header, d.id(i), 0)
	}
	out = segment(out, 0xda, append(header, byte(first), byte(last), byte(high<<4|low))...)
	w := &writer{long: d.hasLongCodes}
	before := make([]int, len(d.planes))
	block := func(i, x, y int) {
		b := &d.planes[i].blocks[y*d.planes[i].wide+x]
		if high > 0 {
			w.bits(uint32(b[0]>>low), 1)
			return
		}
		w.block(b, first, last, low, &before[i])
	}
	mcu := func(x, y int) {
		for _, i := range planes {
			p := &d.planes[i]
			for j := range p.h * p.v {
				block(i, x*p.h+j%p.h, y*p.v+j/p.h)
			}
		}
	}
	across, down := d.mcusWide, d.mcusHigh
	if len(planes) == 1 { // blocks outside of the picture are not there
		p := &d.planes[planes[0]]
		across, down = up(up(d.w*p.h, d.most[0]), 8), up(up(d.h*p.v, d.most[1]), 8)
		mcu = func(x, y int) { block(planes[0], x, y) }
	}
	for i := range across * down {
		if d.restart > 0 && i > 0 && i%d.restart == 0 {
			w.flush(i/d.restart - 1)
			clear(before)
		}
		mcu(i%across, i/across)
	}
	w.flush(-1)
	return append(out, w.out...)
}
