package thumbnail

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// MaxSide bounds width and height of a thumbnail, in pixels.
	MaxSide = 128
	// Budget bounds what pictures take in memory while they are decoded, all of them together, in bytes. It is enough for a JPEG as
	// cameras make it with sides of maxSide, for a PNG of 63 megapixels, and for a lossless WebP of 13.
	Budget = 256 << 20
	// overhead is what each takes beside its pixels: metadata (up to 10 MiB, in package imagemeta), rows, tables, the thumbnail.
	overhead = 12 << 20
	// maxSide bounds width and height of a picture that is looked at, in pixels.
	maxSide = 30_000
	// decodeTime bounds how long a picture may be looked at once it is its turn; 12 megapixels take a tenth of that.
	decodeTime = 4 * time.Second
	// jpegQuality is that of thumbnails.
	jpegQuality = 80
)

// ErrNoImage is returned for what is no picture of a known format, is broken, or is too large to look at.
var ErrNoImage = errors.New("thumbnail: no image")

// Maker makes thumbnails, on half of the processors at most. Safe for concurrent use.
type Maker struct{ cores, budget *semaphore.Weighted }

// NewMaker returns a Maker with the whole budget.
func NewMaker() *Maker {
	half := max(1, runtime.GOMAXPROCS(0)/2)
	return &Maker{cores: semaphore.NewWeighted(int64(half)), budget: semaphore.NewWeighted(Budget)}
}

// Thumbnail is a small picture.
type Thumbnail struct {
	Content []byte
	// Ext is "jpg" or "png".
	Ext string
}

// Make returns a thumbnail of content: as large as it may be, in its proportions, upright, but not larger than the picture. It waits until
// its turn has come. The error is ErrNoImage, also for what takes too long, or that of ctx, or that of reading content.
func (m *Maker) Make(ctx context.Context, content *io.SectionReader) (Thumbnail, error) {
	src := &source{SectionReader: content}
	f, err := formatOf(src)
	if err != nil {
		return Thumbnail{}, err
	}
	if err := m.cores.Acquire(ctx, 1); err != nil { // NB: before the header is looked at, which may be long
		return Thumbnail{}, err
	}
	defer m.cores.Release(1)
	way, err := f.ask(ctx, src)
	if err == nil && way.needs > Budget {
		err = fmt.Errorf("%s that needs %d bytes", f.name, way.needs)
	}
	if err != nil {
		return Thumbnail{}, src.refusal(ctx, err)
	}
	if err := m.budget.Acquire(ctx, way.needs); err != nil {
		return Thumbnail{}, err
	}
	defer m.budget.Release(way.needs)
	picture, err := way.look(ctx, src)
	if err != nil {
		return Thumbnail{}, src.refusal(ctx, err)
	}
	upright := turn(shrink(picture), orientation(f, section(&limited{ctx, src})))
	if err := cmp.Or(ctx.Err(), src.err); err != nil {
		return Thumbnail{}, err
	}
	return encode(upright)
}

// ask returns how a picture is decoded, overhead included.
func (f *format) ask(ctx context.Context, src *source) (plan, error) {
	ctx, cancel := context.WithTimeout(ctx, decodeTime)
	defer cancel()
	way, err := f.plan(section(&limited{ctx, src}))
	way.needs += overhead
	return way, err
}

// look decodes a picture in the time that there is for one.
func (p plan) look(ctx context.Context, src *source) (image.Image, error) {
	ctx, cancel := context.WithTimeout(ctx, decodeTime)
	defer cancel()
	return p.decode(&sips{section(&limited{ctx, src})})
}

// source remembers why it could not be read, which not all decoders tell.
type source struct {
	*io.SectionReader
	err error
}

// ReadAt implements io.ReaderAt.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.SectionReader.ReadAt(p, off)
	if s.err == nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// refusal returns what Make says when a picture could not be decoded because of err.
func (s *source) refusal(ctx context.Context, err error) error {
	return cmp.Or(ctx.Err(), s.err, fmt.Errorf("%w: %w", ErrNoImage, err))
}

// limited is a source that can be read as long as its context lives.
type limited struct {
	ctx context.Context //nolint:containedctx // it is the source of one call
	*source
}

// ReadAt implements io.ReaderAt.
func (l *limited) ReadAt(p []byte, off int64) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.source.ReadAt(p, off)
}

// section returns a reader of all of src.
func section(src *limited) *io.SectionReader { return io.NewSectionReader(src, 0, src.Size()) }

// maxRead bounds what a decoder reads at a time, in bytes. What a progressive JPEG says in twelve may be a walk through all of the picture.
const maxRead = 512

// sips reads a little at a time.
type sips struct{ r io.Reader }

// Read implements io.Reader.
func (s *sips) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), maxRead)]) }

// encode writes a thumbnail, as PNG where one sees through it.
func encode(picture *image.RGBA) (t Thumbnail, err error) {
	var b bytes.Buffer
	if t.Ext = "jpg"; picture.Opaque() {
		err = jpeg.Encode(&b, picture, &jpeg.Options{Quality: jpegQuality})
	} else {
		t.Ext = "png"
		err = png.Encode(&b, picture)
	}
	t.Content = b.Bytes()
	return t, err
}
