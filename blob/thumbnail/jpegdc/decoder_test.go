package jpegdc_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/parley-im/parley/blob/thumbnail/jpegdc"
)

// grey, three and four colours, as image/jpeg knows them.
var samplings = map[string][]byte{
	"grey": {0x11}, "grey, whatever it says": {0x22}, "4:4:4": {0x11, 0x11, 0x11}, "4:4:4 in pairs": {0x12, 0x12, 0x12},
	"4:2:0": {0x22, 0x11, 0x11}, "4:2:2": {0x21, 0x11, 0x11}, "4:2:2 in pairs": {0x22, 0x12, 0x12}, "4:4:0": {0x12, 0x11, 0x11},
	"4:1:1": {0x41, 0x11, 0x11}, "4:1:0": {0x42, 0x11, 0x11}, "4:2:2 of 4": {0x41, 0x21, 0x21},
	"four": {0x11, 0x11, 0x11, 0x11}, "four, 4:2:0": {0x22, 0x11, 0x11, 0x22},
}

var sizes = []image.Point{{1, 1}, {8, 8}, {9, 17}, {40, 33}, {100, 7}, {129, 66}}

// ways are what a JPEG may be like beside its colours.
func ways() map[string]spec {
	return map[string]spec{
		"plain": {}, "restarts": {restart: 3}, "split": {isSplit: true}, "split, restarts": {isSplit: true, restart: 5},
		"progressive": {isProgressive: true}, "progressive, restarts": {isProgressive: true, restart: 2},
		"progressive by bits": {isProgressive: true, shift: 2}, "progressive, split": {isProgressive: true, isSplit: true, shift: 1, restart: 4},
		"long codes": {hasLongCodes: true, hasWideQuant: true}, "progressive, long codes": {isProgressive: true, hasLongCodes: true, shift: 1},
	}
}

// Each pixel is the mean of a block, whatever the sampling and the order in which coefficients come: as drawn here, where it is known.
//
// Checked by breaking it: it fails when DC is not reset by a restart, when an MCU of a scan of one component has all its blocks, when what
// progressive bits add is not shifted, and when codes longer than a look-up are taken from the wrong place.
func TestDecode_IsTheMeanOfEachBlock(t *testing.T) {
	t.Parallel()
	for colours, sampling := range samplings {
		for way, s := range ways() {
			for i, size := range sizes {
				s.w, s.h, s.sampling, s.adobe = size.X, size.Y, sampling, 2
				d := draw(s, uint64(i))
				name := fmt.Sprint(colours, ", ", way, ", ", size)
				p, err := jpegdc.Decode(bytes.NewReader(d.encode()))
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if want := image.Rect(0, 0, up(size.X, 8), up(size.Y, 8)); p.Bounds() != want {
					t.Errorf("%s: %v, want %v", name, p.Bounds(), want)
				}
				if where := differs(p, d); where != "" {
					t.Errorf("%s: %s", name, where)
				}
			}
		}
	}
}

// differs says where a picture is not what was drawn.
func differs(p image.Image, d *drawn) string {
	planes, stride := planesOf(p)
	if planes == nil { // four colours; those of each pixel are changed
		return ""
	}
	for i, got := range planes {
		drawn := &d.planes[i]
		for y := range up(up(d.h*drawn.v, d.most[1]), 8) {
			for x := range up(up(d.w*drawn.h, d.most[0]), 8) {
				want := float64(drawn.mean(x, y))/8 + 128
				if got := float64(got[y*stride[i]+x]); got < want-0.5 || got > want+0.5 {
					return fmt.Sprintf("component %d, block (%d, %d): %v, want %v", i, x, y, got, want)
				}
			}
		}
	}
	return ""
}

// planesOf returns the samples of a picture, and how long their lines are.
func planesOf(p image.Image) (planes [][]byte, stride []int) {
	switch p := p.(type) {
	case *image.Gray:
		return [][]byte{p.Pix}, []int{p.Stride}
	case *image.YCbCr:
		return [][]byte{p.Y, p.Cb, p.Cr}, []int{p.YStride, p.CStride, p.CStride}
	}
	return nil, nil
}

// What image/jpeg decodes has the same means, also as image/jpeg encodes it: nothing here relies on how these tests draw.
func TestDecode_IsWhatImageJPEGDecodes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	colourful, grey := image.NewRGBA(image.Rect(0, 0, 200, 133)), image.NewGray(image.Rect(0, 0, 77, 300))
	for i := range colourful.Pix {
		colourful.Pix[i] = uint8(60 + i/4%100 + random.IntN(20))
	}
	for i := range grey.Pix {
		grey.Pix[i] = uint8(60 + i%77 + random.IntN(20))
	}
	for _, p := range []image.Image{colourful, grey} {
		for _, quality := range []int{20, 75, 100} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			compare(t, b.Bytes())
		}
	}
	for colours, sampling := range samplings {
		if len(sampling) != 4 { // image/jpeg returns no samples of four colours
			t.Run(colours, func(t *testing.T) {
				compare(t, draw(spec{w: 50, h: 70, sampling: sampling, adobe: -1, restart: 2}, 3).encode())
				compare(t, draw(spec{w: 50, h: 70, sampling: sampling, adobe: -1, isProgressive: true, shift: 1}, 4).encode())
			})
		}
	}
}

// compare checks that a JPEG is what image/jpeg makes of it, where no sample was cut, to one of 255.
func compare(t *testing.T, b []byte) {
	t.Helper()
	whole, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	p, err := jpegdc.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Bounds().Size(), whole.Bounds().Size(); got.X != up(want.X, 8) || got.Y != up(want.Y, 8) {
		t.Fatalf("%v of %v", got, want)
	}
	planes, strides := planesOf(p)
	wholes, wholeStrides := planesOf(whole)
	if len(planes) != len(wholes) {
		t.Fatalf("%T of %T", p, whole)
	}
	for i, plane := range planes {
		for at, got := range plane {
			sum, isCut := 0, got == 0 || got == 255 // NB: image/jpeg may overflow then
			for j := range 64 {
				v := wholes[i][(at/strides[i]*8+j/8)*wholeStrides[i]+at%strides[i]*8+j%8]
				sum += int(v)
				isCut = isCut || v == 0 || v == 255
			}
			if diff := float64(got) - float64(sum)/64; !isCut && (diff < -1 || diff > 1) {
				t.Fatalf("component %d, block %d: %d, want %.1f", i, at, got, float64(sum)/64)
			}
		}
	}
}

// Who says that samples are red, green and blue, or four inks, is believed as image/jpeg believes it.
//
// Checked by breaking it: it fails when JFIF does not count, when names do not, when ink is not turned around, and when a pixel has the chroma of
// its neighbour.
func TestDecode_KnowsTheColours(t *testing.T) {
	t.Parallel()
	three, four := samplings["4:2:0"], samplings["four, 4:2:0"]
	for name, s := range map[string]spec{
		"nothing said": {sampling: three, adobe: -1}, "JFIF": {sampling: three, adobe: -1, isJFIF: true},
		"Adobe, plain": {sampling: three, adobe: 0}, "Adobe, changed": {sampling: three, adobe: 1}, "Adobe and JFIF": {sampling: three, isJFIF: true},
		"by their names": {sampling: three, adobe: -1, ids: "RGB"}, "names and JFIF": {sampling: three, adobe: -1, ids: "RGB", isJFIF: true},
		"other names": {sampling: three, adobe: -1, ids: "RGC"}, "ink": {sampling: four}, "ink, changed": {sampling: four, adobe: 2},
	} {
		s.w, s.h = 16, 16
		d := draw(s, 5)
		for i := range d.planes {
			p := &d.planes[i]
			for j := range p.blocks { // one colour, so that each pixel has it
				p.blocks[j] = [64]int{i*40 - 60}
			}
		}
		want, err := jpeg.Decode(bytes.NewReader(d.encode()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := jpegdc.Decode(bytes.NewReader(d.encode()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := fmt.Sprintf("%T", got), fmt.Sprintf("%T", want); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if got, want := color.NRGBAModel.Convert(got.At(1, 1)), color.NRGBAModel.Convert(want.At(9, 9)); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	// Each pixel has the samples of its own place.
	for name, s := range map[string]spec{"RGB": {sampling: three}, "CMYK": {sampling: four}} {
		s.w, s.h = 100, 52
		d := draw(s, 6)
		p, err := jpegdc.Decode(bytes.NewReader(d.encode()))
		if err != nil {
			t.Fatal(err)
		}
		for y := range p.Bounds().Dy() {
			for x := range p.Bounds().Dx() {
				var got []uint8
				switch c := p.At(x, y).(type) {
				case color.RGBA:
					got = []uint8{c.R, c.G, c.B}
				case color.CMYK:
					got = []uint8{255 - c.C, 255 - c.M, 255 - c.Y, 255 - c.K}
				}
				if len(got) != len(s.sampling) {
					t.Fatalf("%s: %T", name, p)
				}
				for i, got := range got {
					plane := &d.planes[i]
					want := float64(plane.mean(x*plane.h/d.most[0], y*plane.v/d.most[1]))/8 + 128
					if diff := float64(got) - want; diff < -0.5 || diff > 0.5 {
						t.Fatalf("%s: colour %d of (%d, %d): %d, want %.1f", name, i, x, y, got, want)
					}
				}
			}
		}
	}
	noneSays := draw(spec{w: 8, h: 8, sampling: four, adobe: -1}, 6).encode()
	if _, err := jpegdc.Decode(bytes.NewReader(noneSays)); err == nil {
		t.Error("four colours of which nobody says what they are were decoded")
	}
}

// A picture that ends early is none, wherever that is, and so is one whose reader fails.
func TestDecode_NeedsAllOfIt(t *testing.T) {
	t.Parallel()
	for name, s := range ways() {
		s.w, s.h, s.sampling, s.adobe = 40, 33, samplings["4:2:0"], -1
		b := draw(s, 7).encode()
		for n := range b {
			if _, err := jpegdc.Decode(bytes.NewReader(b[:n])); err == nil {
				t.Errorf("%s: decoded from %d of %d bytes", name, n, len(b))
			}
			ended := errors.New("ended")
			r := iotest.OneByteReader(io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(ended)))
			if _, err := jpegdc.Decode(r); !errors.Is(err, ended) {
				t.Errorf("%s: %v when its reader fails after %d of %d bytes, want %v", name, err, n, len(b), ended)
			}
		}
		if _, err := jpegdc.Decode(iotest.OneByteReader(bytes.NewReader(b))); err != nil {
			t.Errorf("%s, byte by byte: %v", name, err)
		}
		if s.isProgressive {
			continue
		}
		end := []byte{0xff, 0xd9}
		for n := bytes.LastIndex(b, []byte{0xff, 0xda}) + 20; n < len(b)-len(end); n++ {
			if _, err := jpegdc.Decode(bytes.NewReader(append(bytes.Clone(b[:n]), end...))); err == nil {
				t.Errorf("%s: decoded though a scan ends after %d of %d bytes", name, n, len(b))
			}
		}
	}
}

// What is left of a code when the data ends is not taken for a code, which might be one that leads out of its block.
//
// Checked by breaking it: it fails when that is not looked at before.
func TestDecode_EndsWithinACode(t *testing.T) {
	t.Parallel()
	b := draw(spec{w: 8, h: 8, sampling: samplings["grey"], adobe: -1}, 1).encode()
	scan := bytes.Index(b, []byte{0xff, 0xda})
	header := bytes.Clone(b[scan : scan+2+8])
	counts := []byte{1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = segment(b[:scan], 0xc4, append(append([]byte{0x10}, counts...), 0xf0, 0x01, 0xe1, 0x00)...)
	// DC, 16 zeros three times, a 1, and 11, which may become the end of the block, or 14 zeros where only 13 fit.
	b = append(append(b, header...), 0, 0b000_101_11)
	ended := errors.New("ended")
	_, err := jpegdc.Decode(io.MultiReader(bytes.NewReader(b), iotest.ErrReader(ended)))
	if !errors.Is(err, ended) {
		t.Errorf("%v when the reader fails, want %v", err, ended)
	}
	if _, err := jpegdc.Decode(bytes.NewReader(append(b, 0xff, 0xd9))); err == nil || errors.Is(err, jpegdc.ErrDamaged) {
		t.Errorf("%v when the scan is short", err)
	}
}

// What image/jpeg makes something of, though it means nothing, is refused as that.
//
// Checked by breaking it: it fails when a block may have more than 64 coefficients, and when a table may have more codes than there are.
func TestDecode_ForgivesNothing(t *testing.T) {
	t.Parallel()
	whole := draw(spec{w: 8, h: 8, sampling: samplings["grey"], adobe: -1}, 1).encode()
	start := bytes.Index(whole, []byte{0xff, 0xda})
	scan := func(symbols ...int) []byte {
		w := &writer{}
		for _, s := range symbols {
			w.symbol(s)
		}
		w.bits(0, 32)
		w.flush(-1)
		return append(append(bytes.Clone(whole[:start+2+8]), w.out...), 0xff, 0xd9)
	}
	codes := segment(bytes.Clone(whole[:start]), 0xc4, append([]byte{0, 2, 1}, make([]byte, 14+3)...)...)
	for name, b := range map[string][]byte{
		"zeros behind the end of a block": scan(0, 0xf0, 0xf0, 0xf0, 0xf0), "a coefficient there": scan(0, 0xf0, 0xf0, 0xf0, 0xf1),
		"a table of one byte": append(segment(bytes.Clone(whole[:2]), 0xdb, 0), whole[2:]...),
		"a run of blocks":     scan(0, 0x10), "more codes than there are": append(codes, scan(0, 0)[start:]...),
	} {
		if _, err := jpegdc.Decode(bytes.NewReader(b)); !errors.Is(err, jpegdc.ErrDamaged) {
			t.Errorf("%s: %v, want %v", name, err, jpegdc.ErrDamaged)
		}
		if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil {
			t.Errorf("%s: image/jpeg says %v", name, err)
		}
	}
	if _, err := jpegdc.Decode(bytes.NewReader(scan(0, 0xf0, 0xf0, 0xf0, 0xe1))); err != nil {
		t.Errorf("the last coefficient: %v", err)
	}
}

// What is wrong is refused, and nothing is made of it.
func TestDecode_Refuses(t *testing.T) {
	t.Parallel()
	s := spec{w: 20, h: 20, sampling: samplings["4:2:0"], adobe: -1, restart: 1}
	whole := draw(s, 8).encode()
	s.isProgressive = true
	progressive := draw(s, 8).encode()
	grey := draw(spec{w: 20, h: 20, sampling: samplings["grey"], adobe: -1}, 8).encode()
	at := func(b []byte, marker byte) int { return bytes.Index(b, []byte{0xff, marker}) }
	changed := func(b []byte, at int, to ...byte) []byte {
		return append(append(bytes.Clone(b[:at]), to...), b[at+len(to):]...)
	}
	without := func(marker byte) []byte {
		from := at(whole, marker)
		return append(bytes.Clone(whole[:from]), whole[from+2+int(whole[from+2])<<8+int(whole[from+3]):]...)
	}
	frame, scan, codes := at(whole, 0xc0), at(whole, 0xda), at(whole, 0xc4)
	for name, b := range map[string][]byte{
		"nothing": nil, "no JPEG": []byte("GIF89a"), "no frame": append(bytes.Clone(whole[:frame]), 0xff, 0xd9),
		"no scan": append(bytes.Clone(whole[:scan]), 0xff, 0xd9), "no table of codes": without(0xc4),
		"a scan before the frame": append(bytes.Clone(whole[:frame]), whole[scan:]...),
		"two frames":              append(bytes.Clone(whole[:scan]), whole[frame:]...),
		"12 bits":                 changed(whole, frame+4, 12), "no lines": changed(whole, frame+5, 0, 0), "no columns": changed(whole, frame+7, 0, 0),
		"two components": changed(whole, frame+9, 2), "four of three": changed(whole, frame+9, 4), "arithmetic": changed(whole, frame+1, 0xc9),
		"lossless": changed(whole, frame+1, 0xc3), "sampled by 0": changed(whole, frame+11, 0x02), "sampled by 3": changed(whole, frame+11, 0x32),
		"grey, sampled by 0": changed(grey, at(grey, 0xc0)+11, 0), "grey, sampled by 3": changed(grey, at(grey, 0xc0)+11, 0x13),
		"4:2:0 upside down": changed(whole, frame+11, 0x11, 0, 2, 0x22), "chroma that differs": changed(whole, frame+14, 0x21),
		"a name twice": changed(whole, frame+13, 1), "a table that cannot be": changed(whole, frame+12, 4),
		"a short segment": changed(whole, frame+2, 0, 1), "a frame that says too much": changed(whole, frame+3, 18),
		"codes that are too many": changed(whole, codes+5, 3), "no codes at all": changed(whole, codes+5, make([]byte, 16)...),
		"a class that cannot be": changed(whole, codes+4, 0x20), "codes that are longer than they say": changed(whole, codes+3, 20),
		"an unknown component": changed(whole, scan+5, 9), "a component twice": changed(whole, scan+7, 1), "no components": changed(whole, scan+4, 0),
		"tables that cannot be": changed(whole, scan+6, 0x44), "a scan that says too much": changed(whole, scan+3, 13),
		"no restart marker": changed(whole, at(whole, 0xd0)+1, 0), "another restart marker": changed(whole, at(whole, 0xd0)+1, 0xd3),
		"progressive: from the end":      changed(progressive, at(progressive, 0xda)+11, 5, 4),
		"progressive: DC and AC":         changed(progressive, at(progressive, 0xda)+11, 0, 5),
		"progressive: bits out of order": changed(progressive, at(progressive, 0xda)+13, 0x31),
		"progressive: behind the end":    changed(progressive, bytes.LastIndex(progressive, []byte{0xff, 0xda})+8, 64),
		"quantization that is too wide":  changed(whole, at(whole, 0xdb)+4, 0x20), "a long restart interval": changed(whole, at(whole, 0xdd)+3, 5),
	} {
		if p, err := jpegdc.Decode(bytes.NewReader(b)); err == nil {
			t.Errorf("%s: decoded as %v", name, p.Bounds())
		}
	}
	if p, err := jpegdc.Decode(bytes.NewReader(whole)); err != nil {
		t.Errorf("%v, %v", p, err)
	}
}

// What image/jpeg decodes is decoded to the same size and the same means, and nothing comes to anything worse than an error.
func FuzzDecode(f *testing.F) {
	for _, sampling := range samplings {
		for _, s := range ways() {
			s.w, s.h, s.sampling, s.adobe = 33, 18, sampling, 2
			f.Add(draw(s, 9).encode())
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err == nil && c.Width*c.Height > 1<<20 { // which takes long
			return
		}
		_, err = jpegdc.Decode(bytes.NewReader(b))
		whole, wholeErr := jpeg.Decode(bytes.NewReader(b))
		switch {
		case wholeErr != nil || errors.Is(err, jpegdc.ErrDamaged):
			return
		case whole.Bounds().Empty():
			return
		case bytes.Contains(b, []byte{0xff, 0xdd}) || hasFineChroma(b): // see the package's comment
			return
		case err != nil:
			t.Fatalf("%v, which image/jpeg decodes as %v", err, whole.Bounds())
		}
		compare(t, b)
	})
}

// hasFineChroma reports whether the second component of a JPEG may have several blocks in an MCU, of which image/jpeg reads too many when it has a
// scan of its own.
func hasFineChroma(b []byte) bool {
	const count, sampling = 4 + 5, 4 + 6 + 3 + 1 // of components, and of the second one, from the marker of a frame on
	for i := range max(0, len(b)-sampling) {
		if b[i] == 0xff && b[i+1] >= 0xc0 && b[i+1] <= 0xc2 && b[i+count] > 1 && b[i+sampling]>>4 > 1 {
			return true
		}
	}
	return false
}

// BenchmarkDecode asks how much less an eighth takes than the whole, for twelve megapixels with grain.
func BenchmarkDecode(b *testing.B) {
	p := image.NewNRGBA(image.Rect(0, 0, 4000, 3000))
	random := rand.New(rand.NewPCG(1, 1))
	for i := range p.Pix {
		p.Pix[i] = uint8(100 + i/4%4000/40 + random.IntN(17))
	}
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, p, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	for name, decode := range map[string]func(io.Reader) (image.Image, error){"eighth": jpegdc.Decode, "whole": jpeg.Decode} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(encoded.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(bytes.NewReader(encoded.Bytes())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
