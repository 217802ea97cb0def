package thumbnail

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"github.com/parley-im/parley/blob/thumbnail/jpegdc"
)

// What a decoder allocates for each pixel is what the sources of image/jpeg, image/png, image/gif and x/image/webp say.

// area returns what a picture takes whose pixels take so many bytes each.
func area(width, height int, each int64) (int64, error) {
	w, h := int64(width), int64(height)
	if w <= 0 || h <= 0 || w > maxSide || h > maxSide {
		return 0, fmt.Errorf("%d x %d pixels", w, h)
	}
	return w * h * each, nil
}

// interlaceAt is where the header of a PNG says that it comes in passes (PNG, section 11.2.1).
const interlaceAt = 28

// needsOfPNG: one that comes in passes is decoded beside the whole.
func needsOfPNG(src *io.SectionReader) (int64, error) {
	c, err := png.DecodeConfig(bufio.NewReader(src))
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

// needsOfWebP: four channels twice, as a lossless one is put together, its tables, and all of the file, which may be one chunk.
func needsOfWebP(src *io.SectionReader) (int64, error) {
	isLossless, err := hasLossless(src)
	if err != nil {
		return 0, err
	}
	c, err := webp.DecodeConfig(src)
	if err != nil {
		return 0, err
	}
	n, err := area(c.Width, c.Height, 8)
	if isLossless {
		n += losslessTables
	}
	return n + src.Size(), err
}

const (
	// losslessTables is what the codes of a lossless WebP may take: 2,600 groups of five, the largest with 2,328 symbols.
	losslessTables = 140 << 20
	// maxChunks bounds how many chunks of a WebP are looked at.
	maxChunks = 1000
	// firstChunk is where the first one is, behind "RIFF", a length and "WEBP".
	firstChunk = 12
)

var errChunks = errors.New("chunks that are not there, or too many")

// hasLossless reports whether a WebP, or what says how one sees through it, is lossless. Its chunks are to be there up to that of the picture: a decoder makes room
// for as much as one says (RFC 9649, section 2.3).
func hasLossless(src *io.SectionReader) (found bool, err error) {
	at := int64(firstChunk)
	for range maxChunks {
		var b [8]byte // name, length
		if _, err := src.ReadAt(b[:], at); err != nil {
			return false, errors.Join(errChunks, err)
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		if at += int64(len(b)); size > src.Size()-at {
			return false, errChunks
		}
		switch string(b[:4]) {
		case "VP8 ":
			return found, nil
		case "VP8L":
			return true, nil
		case "ALPH":
			found = true
		}
		at += size + size%2
	}
	return false, errChunks
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

// planOfJPEG looks for the header of the frame.
func planOfJPEG(src *io.SectionReader) (plan, error) {
	at := int64(2)
	for range maxSegments {
		var b [4]byte // 0xff, marker, length
		if _, err := src.ReadAt(b[:], at); err != nil || b[0] != 0xff {
			return plan{}, errors.Join(errNoFrame, err)
		}
		if b[1] == 0xff { // filled up
			at++
			continue
		}
		if b[1] == 0 || b[1] >= markerRST0 && b[1] <= markerRST7 {
			// NB: these have no length, and the decoder goes on right behind them: whoever reads one skips the frame that it finds.
			return plan{}, errNoFrame
		}
		if isFrame(b[1]) {
			return planOfFrame(src, at+int64(len(b)), b[1] == markerSOF2)
		}
		at += 2 + int64(binary.BigEndian.Uint16(b[2:]))
	}
	return plan{}, errNoFrame
}

// maxSegments bounds how many segments of a JPEG are looked at, and bytes that fill it up.
const maxSegments = 1000

func isFrame(marker byte) bool {
	isOther := marker == markerDHT || marker == markerJPG || marker == markerDAC
	return marker >= markerFirstSOF && marker <= markerLastSOF && !isOther
}

// planOfFrame reads the header of a frame (ITU-T T.81, section B.2.2). A picture of which an eighth is twice as large as its thumbnail is
// decoded at that. Each sample takes a byte, and four more for its coefficient where that is kept: for an eighth, and of a progressive
// picture; one of RGB or of four colours is changed into four bytes for each pixel in the end, and it shows late which it is.
func planOfFrame(src *io.SectionReader, at int64, isProgressive bool) (plan, error) {
	var b [6 + 3*4]byte // precision, height, width, components; each: name, sampling, table
	n, err := src.ReadAt(b[:], at)
	parts := int(b[5])
	if n < 6 || parts < 1 || parts > 4 || n < 6+3*parts {
		return plan{}, errors.Join(errNoFrame, err)
	}
	samples, most := 0, 1
	for i := range parts {
		sampling := b[6+3*i+1]
		of := int(sampling>>4) * int(sampling&0x0f)
		samples, most = samples+of, max(most, of)
	}
	w, h := int(binary.BigEndian.Uint16(b[3:])), int(binary.BigEndian.Uint16(b[1:]))
	if _, err := area(w, h, 1); err != nil {
		return plan{}, err
	}
	way, scale, each := jpeg.Decode, 1, 1
	if size := fit(w, h); w/eighth >= 2*size.X && h/eighth >= 2*size.Y {
		way, scale, each = jpegdc.Decode, eighth, 5
	} else if isProgressive {
		each = 5
	}
	// NB: rounded up, and so are the sides, to whole blocks of the largest size there is.
	const block = 64
	needs := int64((w+block)/scale) * int64((h+block)/scale) * int64((each*samples+most-1)/most+4)
	return plan{way, needs}, nil
}

// eighth is how much smaller package jpegdc makes pictures.
const eighth = 8
