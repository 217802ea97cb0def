package thumbnail_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/blob/thumbnail"
)

// scene is a picture whose colour at a place follows from the place alone, whatever its size: red grows to the right, green downwards.
func scene(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.SetNRGBA(x, y, color.NRGBA{uint8(255 * (2*x + 1) / (2 * w)), uint8(255 * (2*y + 1) / (2 * h)), 128, 255})
		}
	}
	return p
}

func asJPEG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func reader(b []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
}

func makeOne(t testing.TB, b []byte) (image.Image, string) {
	t.Helper()
	small, err := thumbnail.NewMaker().Make(t.Context(), reader(b))
	if err != nil {
		t.Fatal(err)
	}
	p, format, err := image.Decode(bytes.NewReader(small.Content))
	if err != nil || map[string]string{"jpeg": "jpg", "png": "png"}[format] != small.Ext {
		t.Fatalf("a thumbnail with the extension %q is %s, %v", small.Ext, format, err)
	}
	return p, small.Ext
}

// differs is how far the colours of a picture are from the scene's on average, of 255.
func differs(p image.Image, place func(x, y, w, h int) (right, down float64)) float64 {
	b := p.Bounds()
	sum := 0.0
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := color.NRGBAModel.Convert(p.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			right, down := place(x, y, b.Dx(), b.Dy())
			sum += math.Abs(float64(c.R)-255*right) + math.Abs(float64(c.G)-255*down) + math.Abs(float64(c.B)-128)
		}
	}
	return sum / float64(3*b.Dx()*b.Dy())
}

func asItIs(x, y, w, h int) (right, down float64) {
	return (float64(x) + 0.5) / float64(w), (float64(y) + 0.5) / float64(h)
}

// tolerance is how far colours may be off on average, of 255: JPEG and a palette of 256 colours take their part.
const tolerance = 4

// Thumbnails fit into 128 x 128, keep the proportions, are never larger than the picture, and show what it shows.
func TestMake_ShowsThePicture(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		w, h, wantW, wantH int
	}{
		{1200, 900, 128, 96},
		{360, 480, 96, 128},
		{600, 600, 128, 128},
		{129, 129, 128, 128},
		{640, 10, 128, 2},
		{2000, 3, 128, 1},
		{3, 2000, 1, 128},
		{29_000, 1, 128, 1},
		{128, 20, 128, 20},
		{50, 60, 50, 60},
		{1, 1, 1, 1},
		{513, 300, 128, 75},
	} {
		p := scene(s.w, s.h)
		all := map[string][]byte{"jpeg": asJPEG(t, p), "png": asPNG(t, p)}
		if s.w*s.h < 200_000 { // it takes long to find colours for more
			all["gif"] = asGIF(t, p)
		}
		for name, encoded := range all {
			small, _ := makeOne(t, encoded)
			if got := small.Bounds(); got != image.Rect(0, 0, s.wantW, s.wantH) {
				t.Errorf("%s of %d x %d: %v, want %d x %d", name, s.w, s.h, got, s.wantW, s.wantH)
			}
			limit := float64(tolerance)
			if name == "gif" {
				limit = 20 // of a palette that was made for no picture
			}
			if min(s.wantW, s.wantH) > 16 {
				if d := differs(small, asItIs); d > limit {
					t.Errorf("%s of %d x %d: colours are %.1f off, want %.1f at most", name, s.w, s.h, d, limit)
				}
			}
		}
	}
}

// A large JPEG is not decoded whole, and its thumbnail is as that of a small one.
//
// Checked by breaking it: when image/jpeg decodes these, it fails.
func TestMake_TakesLittleForLargeOnes(t *testing.T) {
	for _, s := range []struct{ w, h, wantW, wantH int }{
		{4000, 3000, 128, 96},
		{3000, 4001, 96, 128},
		{2050, 2048, 128, 128},
		{29_000, 300, 128, 1},
	} {
		encoded := asJPEG(t, scene(s.w, s.h))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		small, _ := makeOne(t, encoded)
		runtime.ReadMemStats(&after)
		if got := small.Bounds(); got != image.Rect(0, 0, s.wantW, s.wantH) {
			t.Errorf("%d x %d: %v, want %d x %d", s.w, s.h, got, s.wantW, s.wantH)
		}
		if took := int(after.TotalAlloc - before.TotalAlloc); took > s.w*s.h/2 {
			t.Errorf("%d x %d: %d bytes were allocated", s.w, s.h, took)
		}
		if d := differs(small, asItIs); s.wantH > 16 && d > tolerance {
			t.Errorf("%d x %d: colours are %.1f off, want %d at most", s.w, s.h, d, tolerance)
		}
	}
}

// Where one sees through a picture, one sees through its thumbnail.
func TestMake_SeesThrough(t *testing.T) {
	t.Parallel()
	p := scene(300, 200)
	for y := range 200 {
		for x := range 150 {
			p.SetNRGBA(x, y, color.NRGBA{})
		}
	}
	small, ext := makeOne(t, asPNG(t, p))
	_, _, _, left := small.At(20, 40).RGBA()
	_, _, _, right := small.At(100, 40).RGBA()
	if ext != "png" || left != 0 || right != 0xffff {
		t.Errorf("%s: opacity %x on the left, %x on the right, want none and all", ext, left, right)
	}
}

// withOrientation puts Exif with an orientation before the rest of a JPEG (Exif 2.32, section 4.5).
func withOrientation(encoded []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	app1 := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, encoded[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(app1)+2))
	return append(append(out, app1...), encoded[2:]...)
}

// Cameras store pictures as they are held, and say how to turn them. The thumbnail is upright, whoever shows it, and says nothing.
func TestMake_ObeysTheOrientation(t *testing.T) {
	t.Parallel()
	encoded := asJPEG(t, scene(400, 300))
	for orientation, place := range map[uint16]func(right, down float64) (r, d float64){
		0: func(r, d float64) (float64, float64) { return r, d }, // none of the eight
		1: func(r, d float64) (float64, float64) { return r, d },
		2: func(r, d float64) (float64, float64) { return 1 - r, d },
		3: func(r, d float64) (float64, float64) { return 1 - r, 1 - d },
		4: func(r, d float64) (float64, float64) { return r, 1 - d },
		5: func(r, d float64) (float64, float64) { return d, r },
		6: func(r, d float64) (float64, float64) { return d, 1 - r },
		7: func(r, d float64) (float64, float64) { return 1 - d, 1 - r },
		8: func(r, d float64) (float64, float64) { return 1 - d, r },
	} {
		small, _ := makeOne(t, withOrientation(encoded, orientation))
		want := image.Rect(0, 0, 128, 96)
		if orientation >= 5 {
			want = image.Rect(0, 0, 96, 128)
		}
		d := differs(small, func(x, y, w, h int) (float64, float64) { return place(asItIs(x, y, w, h)) })
		if small.Bounds() != want || d > tolerance {
			t.Errorf("orientation %d: %v, colours %.1f off", orientation, small.Bounds(), d)
		}
	}
}

// dot is a WebP of one pixel.
const dot = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

func TestMake_KnowsWebP(t *testing.T) {
	t.Parallel()
	b, err := base64.StdEncoding.DecodeString(dot)
	if err != nil {
		t.Fatal(err)
	}
	if small, _ := makeOne(t, b); small.Bounds() != image.Rect(0, 0, 1, 1) {
		t.Errorf("%v", small.Bounds())
	}
}

// webpOf returns a WebP with a chunk that says it has that size.
func webpOf(name string, size uint32, content []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(12+len(content)))
	b = append(b, "WEBP"+name...)
	return append(binary.LittleEndian.AppendUint32(b, size), content...)
}

// headerOf returns a PNG of which there is a header alone, w x h pixels.
func headerOf(t *testing.T, w, h uint32) []byte {
	t.Helper()
	b := asPNG(t, image.NewNRGBA(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// What is no picture, or not all of one, or too large, is refused, by what its header says.
func TestMake_Refuses(t *testing.T) {
	t.Parallel()
	whole := asJPEG(t, scene(200, 200))
	huge := bytes.Clone(whole)
	at := bytes.Index(huge, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint32(huge[at+5:], 0xffffffff)
	gifBounds := asGIF(t, image.NewPaletted(image.Rect(0, 0, 2, 2), palette.Plan9))
	binary.LittleEndian.PutUint32(gifBounds[6:], 0xffffffff)
	for name, b := range map[string][]byte{
		"nothing": {}, "text": []byte("hello, world, this is text"), "a beginning": []byte("\xff\xd8\xff"),
		"a JPEG of nothing but fill": append([]byte("\xff\xd8"), bytes.Repeat([]byte{0xff}, 1<<20)...),
		"a JPEG of segments":         append([]byte("\xff\xd8"), bytes.Repeat([]byte("\xff\xe0\x00\x02"), 1<<18)...),
		"no frame":                   append([]byte("\xff\xd8\xff\xe0\x00\x02"), bytes.Repeat([]byte{0}, 50)...),
		"a JPEG cut in the middle":   whole[:len(whole)/2], "a JPEG cut in its header": whole[:at+3],
		"a PNG of 64k x 64k": headerOf(t, 65536, 65536), "a PNG of 2^31 x 2^31": headerOf(t, 1<<31-1, 1<<31-1), "a JPEG of 64k x 64k": huge,
		"a PNG of 2^28 x 1": headerOf(t, 1<<28, 1), "a PNG of 1 x 30,001": headerOf(t, 1, 30_001),
		"a WebP whose picture says it has 128 MiB": webpOf("VP8 ", 128<<20, make([]byte, 100)),
		"a WebP without end":                       webpOf("JUNK", 0, bytes.Repeat([]byte("JUNK\x00\x00\x00\x00"), 2000)),
		"a GIF of 64k x 64k":                       gifBounds, "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
	} {
		if small, err := thumbnail.NewMaker().Make(t.Context(), reader(b)); !errors.Is(err, thumbnail.ErrNoImage) {
			t.Errorf("%s: %d bytes, %v, want %v", name, len(small.Content), err, thumbnail.ErrNoImage)
		}
	}
}

// Whoever gives up gets no thumbnail, and the budget is given back.
func TestMake_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := thumbnail.NewMaker()
	b := asPNG(t, scene(500, 500))
	for range 3 {
		if _, err := m.Make(ctx, reader(b)); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
	}
	if _, err := m.Make(t.Context(), reader(b)); err != nil {
		t.Error(err)
	}
}

// grained adds grain to a picture, as a camera does, so that a JPEG of it has as much to decode: 12 megapixels take some 2 MB.
func grained(p *image.NRGBA) *image.NRGBA {
	seed := uint32(1)
	for i := range p.Pix {
		if i%4 != 3 { // all but the opacity
			seed = seed*1664525 + 1013904223 // Numerical Recipes
			p.Pix[i] = uint8(min(255, max(0, int(p.Pix[i])+int(seed>>24)%17-8)))
		}
	}
	return p
}

// BenchmarkMake asks what a picture of twelve megapixels takes, as a camera makes it, and how long one in twenty takes at least.
func BenchmarkMake(b *testing.B) {
	for _, size := range []image.Point{{1600, 1200}, {4000, 3000}} {
		encoded := asJPEG(b, grained(scene(size.X, size.Y)))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			m := thumbnail.NewMaker()
			b.SetBytes(int64(len(encoded)))
			var all []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := m.Make(b.Context(), reader(encoded)); err != nil {
					b.Fatal(err)
				}
				all = append(all, time.Since(began))
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)*95/100].Milliseconds()), "p95-ms")
		})
	}
}

// What cannot be read is not taken for what is no picture, wherever that is.
//
// Checked by breaking it: it fails when what decoders say counts, and not what the source said.
func TestMake_SaysThatItCannotRead(t *testing.T) {
	p := scene(300, 200)
	for name, b := range map[string][]byte{
		"JPEG": asJPEG(t, p), "large JPEG": asJPEG(t, scene(2400, 2200)), "PNG": asPNG(t, p), "GIF": asGIF(t, p),
	} {
		for _, n := range []int{0, 8, 30, 200, len(b) / 2} {
			src := io.NewSectionReader(damagedDisk{b[:n]}, 0, int64(len(b)))
			if _, err := thumbnail.NewMaker().Make(t.Context(), src); !errors.Is(err, errDisk) || errors.Is(err, thumbnail.ErrNoImage) {
				t.Errorf("%s of which %d bytes can be read: %v, want %v", name, n, err, errDisk)
			}
		}
	}
}

var errDisk = errors.New("a sector is gone")

// damagedDisk can be read up to its end, and no further.
type damagedDisk struct{ b []byte }

func (d damagedDisk) ReadAt(p []byte, off int64) (int, error) {
	if int(off) >= len(d.b) {
		return 0, errDisk
	}
	if n := copy(p, d.b[off:]); n < len(p) {
		return n, errDisk
	}
	return len(p), nil
}

// What a header hides is not believed: pictures that take more than they say take nothing.
//
// Checked by breaking it: when restart markers are passed over as segments, and when a grey pixel counts one byte, hundreds of
// megabytes are allocated.
func TestMake_IsNotDeceived(t *testing.T) {
	frame := func(w, h uint16) []byte {
		b := []byte{0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1}
		binary.BigEndian.PutUint16(b[5:], h)
		binary.BigEndian.PutUint16(b[7:], w)
		return append(b, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 0x3f, 0, 0, 0)
	}
	// For who takes a restart marker for a segment, 0xffc0 is its length.
	hidden := append([]byte{0xff, 0xd8, 0xff, 0xd0}, frame(20_000, 20_000)...)
	hidden = append(hidden, make([]byte, 4+0xffc0-len(hidden))...)
	hidden = append(hidden, frame(16, 16)...)

	grey := asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(grey[16:], 16_000)
	binary.BigEndian.PutUint32(grey[20:], 16_000)
	binary.BigEndian.PutUint32(grey[29:], crc32.ChecksumIEEE(grey[12:29]))
	seen := []byte{0, 0, 0, 2, 't', 'R', 'N', 'S', 0, 0}
	seen = binary.BigEndian.AppendUint32(seen, crc32.ChecksumIEEE(seen[4:]))
	grey = append(append(bytes.Clone(grey[:33]), seen...), grey[33:]...)

	for name, b := range map[string][]byte{"a frame behind a restart marker": hidden, "a grey PNG that is seen through": grey} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := thumbnail.NewMaker().Make(t.Context(), reader(b))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, thumbnail.ErrNoImage) || took > 16<<20 {
			t.Errorf("%s: %v, after %d MiB", name, err, took>>20)
		}
	}
}
