package thumbnail

import (
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"
)

// format is one that is known.
type format struct {
	name string
	// magic begins it; "?" stands for any byte.
	magic  string
	decode func(io.Reader) (image.Image, error)
	// needs returns how many bytes decoding takes at most.
	needs func(*io.SectionReader) (int64, error)
	// meta is where its orientation is looked for.
	meta imagemeta.ImageFormat
}

var formats = []format{
	{"JPEG", "\xff\xd8\xff", jpeg.Decode, needsOfJPEG, imagemeta.JPEG},
	{"PNG", "\x89PNG\r\n\x1a\n", png.Decode, needsOfPNG, imagemeta.PNG},
	{"GIF", "GIF8?a", gif.Decode, needsOfGIF, imagemeta.ImageFormatAuto},
	{"WebP", "RIFF????WEBPVP8", webp.Decode, needsOfWebP, imagemeta.WebP},
}

// maxMagic is the length of the longest.
const maxMagic = 16

// formatOf finds the format by the first bytes.
func formatOf(src *io.SectionReader) (*format, error) {
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
