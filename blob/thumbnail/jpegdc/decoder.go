package jpegdc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// Markers (table B.1).
const (
	soi   = 0xd8
	eoi   = 0xd9
	sof0  = 0xc0 // baseline
	sof1  = 0xc1 // extended sequential
	sof2  = 0xc2 // progressive
	dht   = 0xc4
	rst0  = 0xd0
	rst7  = 0xd7
	sos   = 0xda
	dqt   = 0xdb
	dri   = 0xdd
	app0  = 0xe0
	app14 = 0xee
	app15 = 0xef
	com   = 0xfe
)

const (
	maxComponents = 4
	maxTables     = 4
	blockSide     = 8
	blockSize     = blockSide * blockSide
)

// adobe is what an APP14 segment of Adobe's says of the colours.
type adobe byte

const (
	adobeNone    adobe = iota // there is none
	adobePlain                // RGB or CMYK
	adobeChanged              // YCbCr or YCbCrK
)

// component is one of the colours.
type component struct {
	id, quant byte
	// h and v say how finely it is sampled, beside the other ones.
	h, v int
	// wide and high are its blocks, with those that only make up whole MCUs.
	wide, high int
	// dc has what each block says, times its quantization value in a sequential picture; nil before the first scan.
	dc []int32
}

type decoder struct {
	source
	width, height int
	isProgressive bool
	components    []component
	// mcusWide and mcusHigh are the MCUs of an interleaved scan.
	mcusWide, mcusHigh int
	subsampling        image.YCbCrSubsampleRatio
	quant              [maxTables]int32 // that of DC; no other one is needed
	dc, ac             [maxTables]table
	restart            int // MCUs between two restart markers, or 0
	isJFIF             bool
	adobe              adobe
}

// Decode returns a picture of which each pixel is the mean of 8 x 8 pixels of the JPEG that r has; its sides are rounded up. It is an
// *image.Gray, *image.YCbCr, *image.RGBA or *image.CMYK, as with image/jpeg. It takes five bytes for each block of each component, and
// four for each pixel of the last two. An error of r ends it.
func Decode(r io.Reader) (image.Image, error) {
	d := &decoder{source: source{r: r}}
	if start, err := d.next(2); err != nil || start[0] != 0xff || start[1] != soi {
		return nil, errors.Join(errors.New("jpegdc: no JPEG"), err)
	}
	for {
		marker, err := d.marker()
		if err != nil {
			return nil, fmt.Errorf("jpegdc: %w", err)
		}
		if marker == eoi {
			return d.picture()
		}
		if marker >= rst0 && marker <= rst7 { // left over from a scan
			continue
		}
		if err := d.segment(marker); err != nil {
			return nil, fmt.Errorf("jpegdc: segment %#x: %w", marker, err)
		}
	}
}

// errLength is returned for a segment that is longer or shorter than what it has to say.
var errLength = errors.New("wrong length")

// segment reads one, and the scan that follows it.
func (d *decoder) segment(marker byte) error {
	b, err := d.next(2)
	if err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(b)) - len(b)
	if n < 0 {
		return errLength
	}
	switch marker {
	case sof0, sof1, sof2:
		d.isProgressive = marker == sof2
		return d.frame(n)
	case dht:
		return d.huffman(n)
	case dqt:
		return d.quantization(n)
	case dri:
		return d.interval(n)
	case sos:
		return d.scan(n)
	case app0:
		return d.tag(n, 5, func(b []byte) { d.isJFIF = string(b) == "JFIF\x00" })
	case app14: // "Adobe", version and flags in six bytes, transform
		return d.tag(n, 12, func(b []byte) {
			if string(b[:5]) == "Adobe" {
				d.adobe = adobeChanged
				if b[11] == 0 {
					d.adobe = adobePlain
				}
			}
		})
	}
	if marker >= app0 && marker <= app15 || marker == com {
		return d.skip(n)
	}
	return errors.New("unknown, or of a kind of JPEG that is not decoded")
}

// tag looks at what a segment of n bytes begins with, if it has so much.
func (d *decoder) tag(n, size int, look func([]byte)) error {
	if n < size {
		return d.skip(n)
	}
	b, err := d.next(size)
	if err != nil {
		return err
	}
	look(b)
	return d.skip(n - size)
}

func (d *decoder) interval(n int) error {
	if n != 2 {
		return errLength
	}
	b, err := d.next(n)
	if err == nil {
		d.restart = int(binary.BigEndian.Uint16(b))
	}
	return err
}

// quantization reads tables of quantization values (section B.2.4.1).
func (d *decoder) quantization(n int) error {
	for n > 0 {
		b, err := d.next(1)
		if err != nil {
			return err
		}
		precision, to := b[0]>>4, b[0]&15
		size := blockSize * (1 + int(precision))
		if precision > 1 || to >= maxTables {
			return errors.New("no such quantization table")
		}
		if n -= 1 + size; n < 0 {
			return ErrDamaged
		}
		values, err := d.next(size)
		if err != nil {
			return err
		}
		if d.quant[to] = int32(values[0]); precision == 1 {
			d.quant[to] = int32(binary.BigEndian.Uint16(values))
		}
	}
	return nil
}

// huffman reads tables of codes (section B.2.4.2).
func (d *decoder) huffman(n int) error {
	for n > 0 {
		b, err := d.next(1)
		if err != nil {
			return err
		}
		class, to := b[0]>>4, b[0]&15
		if class > 1 || to >= maxTables {
			return errors.New("no such table")
		}
		if b, err = d.next(longest); err != nil {
			return err
		}
		counts, codes := [longest]byte(b), 0
		for _, c := range counts {
			codes += int(c)
		}
		if n -= 1 + longest + codes; codes == 0 || codes > 256 || n < 0 {
			return errLength
		}
		symbols, err := d.next(codes)
		if err != nil {
			return err
		}
		t, of := &d.dc[to], dcEntry
		if class == 1 {
			t, of = &d.ac[to], acEntry
		}
		if err := t.define(&counts, symbols, of); err != nil {
			return err
		}
	}
	return nil
}

// frame reads the header of the frame (section B.2.2).
func (d *decoder) frame(n int) error {
	if d.components != nil {
		return errors.New("a second frame")
	}
	if n < 6 {
		return errLength
	}
	b, err := d.next(6) // precision, height, width, components
	if err != nil {
		return err
	}
	d.height, d.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	precision, parts := b[0], int(b[5])
	switch {
	case precision != 8:
		return errors.New("precision is not 8 bits")
	case d.width == 0 || d.height == 0:
		return errors.New("no pixels")
	case parts != 1 && parts != 3 && parts != maxComponents:
		return errors.New("number of components")
	case n != 6+3*parts:
		return errLength
	}
	if b, err = d.next(3 * parts); err != nil {
		return err
	}
	all := make([]component, parts)
	for i := range all {
		all[i] = component{id: b[3*i], h: int(b[3*i+1] >> 4), v: int(b[3*i+1] & 15), quant: b[3*i+2]}
		if all[i].quant >= maxTables {
			return errors.New("no such quantization table")
		}
		if !isSide(all[i].h) || !isSide(all[i].v) {
			return errSampling
		}
		for j := range i {
			if all[j].id == all[i].id {
				return errors.New("two components with one name")
			}
		}
	}
	if parts == 1 {
		all[0].h, all[0].v = 1, 1 // an MCU is one block then, whatever is said (section A.2.2)
	}
	if d.subsampling, err = ratio(all); err != nil {
		return err
	}
	d.mcusWide = up(d.width, blockSide*all[0].h)
	d.mcusHigh = up(d.height, blockSide*all[0].v)
	for i := range all {
		c := &all[i]
		c.wide, c.high = d.mcusWide*c.h, d.mcusHigh*c.v
	}
	d.components = all
	return nil
}

var errSampling = errors.New("sampling that is not decoded")

// ratio returns how much finer the first component is sampled than the second, where it is in a way that image/jpeg knows, too.
func ratio(all []component) (image.YCbCrSubsampleRatio, error) {
	first := all[0]
	for i, c := range all {
		if first.h%c.h != 0 || first.v%c.v != 0 {
			return 0, errSampling
		}
		if i == 2 && (c.h != all[1].h || c.v != all[1].v) || i == 3 && (c.h != first.h || c.v != first.v) {
			return 0, errSampling
		}
	}
	if len(all) == 1 {
		return image.YCbCrSubsampleRatio444, nil
	}
	if len(all) == maxComponents && (first.h > 2 || first.h != first.v || all[1].h != 1 || all[1].v != 1) {
		return 0, errSampling
	}
	if first.v == 4 {
		return 0, errSampling
	}
	switch [2]int{first.h / all[1].h, first.v / all[1].v} {
	case [2]int{1, 1}:
		return image.YCbCrSubsampleRatio444, nil
	case [2]int{1, 2}:
		return image.YCbCrSubsampleRatio440, nil
	case [2]int{2, 1}:
		return image.YCbCrSubsampleRatio422, nil
	case [2]int{2, 2}:
		return image.YCbCrSubsampleRatio420, nil
	case [2]int{4, 1}:
		return image.YCbCrSubsampleRatio411, nil
	case [2]int{4, 2}:
		return image.YCbCrSubsampleRatio410, nil
	}
	return 0, errSampling
}

func isSide(n int) bool { return n == 1 || n == 2 || n == 4 }

// up is a / b, rounded up.
func up(a, b int) int { return (a + b - 1) / b }
