package thumbnail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/sync/semaphore"
)

const (
	// MaxSide bounds width and height of a thumbnail, in pixels.
	MaxSide = 128
	// Budget bounds what pictures take in memory while they are decoded, all of them together, in bytes. It is enough for a JPEG as
	// cameras make it of 48 megapixels, for a progressive one of 23, and for a PNG of 67.
	Budget = 256 << 20
	// jpegQuality is that of thumbnails.
	jpegQuality = 80
)

// ErrNoImage is returned for what is no picture of a known format, is broken, or is too large to look at.
var ErrNoImage = errors.New("thumbnail: no image")

// Maker makes thumbnails. Safe for concurrent use.
type Maker struct{ budget *semaphore.Weighted }

// NewMaker returns a Maker with the whole budget.
func NewMaker() *Maker { return &Maker{budget: semaphore.NewWeighted(Budget)} }

// Thumbnail is a small picture.
type Thumbnail struct {
	Content []byte
	// Ext is "jpg" or "png".
	Ext string
}

// Make returns a thumbnail of src: as large as it may be, in its proportions, upright, but not larger than the picture. It waits until
// there is room for the picture. The error is ErrNoImage, or that of ctx, or that of reading src.
func (m *Maker) Make(ctx context.Context, src *io.SectionReader) (Thumbnail, error) {
	f, err := formatOf(src)
	if err != nil {
		return Thumbnail{}, err
	}
	needs, err := f.needs(section(src))
	if err != nil || needs > Budget {
		return Thumbnail{}, fmt.Errorf("%w: %s that needs %d bytes: %w", ErrNoImage, f.name, needs, err)
	}
	if err := m.budget.Acquire(ctx, needs); err != nil {
		return Thumbnail{}, err
	}
	defer m.budget.Release(needs)
	picture, err := f.decode(&limited{ctx: ctx, r: section(src)})
	switch {
	case ctx.Err() != nil:
		return Thumbnail{}, ctx.Err()
	case err != nil:
		return Thumbnail{}, fmt.Errorf("%w: %w", ErrNoImage, err)
	}
	return encode(turn(shrink(picture), orientation(f, section(src))))
}

// section returns a reader of all of src.
func section(src *io.SectionReader) *io.SectionReader { return io.NewSectionReader(src, 0, src.Size()) }

// limited reads as long as its context lives.
type limited struct {
	ctx context.Context //nolint:containedctx // it is the reader of one call
	r   io.Reader
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.r.Read(p)
}

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
