package thumbnail

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"image/gif"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// What a decoder allocates for each pixel is what the sources of image/jpeg, image/png, image/gif and x/image/webp say.

// area returns what a picture takes whose pixels take so many bytes each.
func area(width, height int, each int64) (int64, error) {
	w, h := int64(width), int64(height)
	if w <= 0 || h <= 0 || w > Budget || h > Budget {
		return 0, fmt.Errorf("%d x %d pixels", w, h)
	}
	return w * h * each, nil
}

// interlaceAt is where the header of a PNG says that it comes in passes (PNG, section 11.2.1).
const interlaceAt = 28

// needsOfPNG: one that comes in passes is decoded beside the whole.
func needsOfPNG(src *io.SectionReader) (int64, error) {
	c, err := png.DecodeConfig(src)
	if err != nil {
		return 0, err
	}
	each := int64(1) // with a palette
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		each = 8 // NB: a grey one may be seen through, which only what follows its header says, and has four channels then
	case color.RGBAModel, color.NRGBAModel, color.GrayModel:
		each = 4
	}
	var passes [1]byte
	if _, err := src.ReadAt(passes[:], interlaceAt); err != nil {
		return 0, err
	}
	return area(c.Width, c.Height, each*(1+int64(min(passes[0], 1))))
}

// needsOfGIF: no frame is larger than the whole; one whose lines come out of order is copied.
func needsOfGIF(src *io.SectionReader) (int64, error) {
	c, err := gif.DecodeConfig(src)
	if err != nil {
		return 0, err
	}
	return area(c.Width, c.Height, 2)
}

// needsOfWebP: four channels twice, as a lossless one is put together.
func needsOfWebP(src *io.SectionReader) (int64, error) {
	c, err := webp.DecodeConfig(src)
	if err != nil {
		return 0, err
	}
	return area(c.Width, c.Height, 8)
}

// Markers of a JPEG (ITU-T T.81, table B.1).
const (
	markerFirstSOF = 0xc0
	markerSOF2     = 0xc2
	markerDHT      = 0xc4
	markerJPG      = 0xc8
	markerDAC      = 0xcc
	markerRST0     = 0xd0
	markerRST7     = 0xd7
	markerLastSOF  = 0xcf
)

var errNoFrame = errors.New("no frame")

// needsOfJPEG looks for the header of the frame. A progressive one keeps four bytes for each sample; one of RGB or of four colours
// is changed into four bytes for each pixel in the end, and it shows late which it is.
func needsOfJPEG(src *io.SectionReader) (int64, error) {
	for at := int64(2); ; {
		var b [4]byte // 0xff, marker, length
		if _, err := src.ReadAt(b[:], at); err != nil || b[0] != 0xff {
			return 0, errors.Join(errNoFrame, err)
		}
		if b[1] == 0xff { // filled up
			at++
			continue
		}
		if b[1] == 0 || b[1] >= markerRST0 && b[1] <= markerRST7 {
			// NB: these have no length, and the decoder goes on right behind them: whoever reads one skips the frame that it finds.
			return 0, errNoFrame
		}
		if isFrame(b[1]) {
			return needsOfFrame(src, at+int64(len(b)), b[1] == markerSOF2)
		}
		at += 2 + int64(binary.BigEndian.Uint16(b[2:]))
	}
}

func isFrame(marker byte) bool {
	isOther := marker == markerDHT || marker == markerJPG || marker == markerDAC
	return marker >= markerFirstSOF && marker <= markerLastSOF && !isOther
}

// needsOfFrame reads the header of a frame (ITU-T T.81, section B.2.2).
func needsOfFrame(src *io.SectionReader, at int64, isProgressive bool) (int64, error) {
	var b [6 + 3*4]byte // precision, height, width, components; each: name, sampling, table
	n, err := src.ReadAt(b[:], at)
	parts := int(b[5])
	if n < 6 || parts < 1 || parts > 4 || n < 6+3*parts {
		return 0, errors.Join(errNoFrame, err)
	}
	samples, most := 0, 1
	for i := range parts {
		sampling := b[6+3*i+1]
		of := int(sampling>>4) * int(sampling&0x0f)
		samples, most = samples+of, max(most, of)
	}
	each := int64(1)
	if isProgressive {
		each = 5
	}
	// NB: rounded up, and so are the sides, to whole blocks of the largest size there is.
	perPixel := (each*int64(samples)+int64(most)-1)/int64(most) + 4
	const block = 64
	return area(int(binary.BigEndian.Uint16(b[3:]))+block, int(binary.BigEndian.Uint16(b[1:]))+block, perPixel)
}
