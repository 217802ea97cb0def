package thumbnail

import (
	"errors"
	"image"
	"image/gif"
	"image/png"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"
)

// format is one that is known.
type format struct {
	name string
	// magic begins it; "?" stands for any byte.
	magic string
	// plan says how to decode one, by its header.
	plan func(*io.SectionReader) (plan, error)
	// meta is where its orientation is looked for.
	meta imagemeta.ImageFormat
}

var formats = []format{
	{"JPEG", "\xff\xd8\xff", planOfJPEG, imagemeta.JPEG},
	{"PNG", "\x89PNG\r\n\x1a\n", whole(png.Decode, needsOfPNG), imagemeta.PNG},
	{"GIF", "GIF8?a", whole(gif.Decode, needsOfGIF), imagemeta.ImageFormatAuto},
	{"WebP", "RIFF????WEBPVP8", whole(webp.Decode, needsOfWebP), imagemeta.WebP},
}

// plan is how a picture is decoded.
type plan struct {
	decode func(io.Reader) (image.Image, error)
	// needs is how many bytes that takes at most.
	needs int64
}

// whole plans to decode all of a picture.
func whole(decode func(io.Reader) (image.Image, error), needs func(*io.SectionReader) (int64, error)) func(*io.SectionReader) (plan, error) {
	return func(src *io.SectionReader) (plan, error) {
		n, err := needs(src)
		return plan{decode, n}, err
	}
}

// maxMagic is the length of the longest.
const maxMagic = 16

// formatOf finds the format by the first bytes.
func formatOf(src io.ReaderAt) (*format, error) {
	var head [maxMagic]byte
	n, err := src.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for i := range formats {
		if begins(head[:n], formats[i].magic) {
			return &formats[i], nil
		}
	}
	return nil, ErrNoImage
}

func begins(b []byte, magic string) bool {
	if len(b) < len(magic) {
		return false
	}
	for i := range magic {
		if magic[i] != '?' && magic[i] != b[i] {
			return false
		}
	}
	return true
}
