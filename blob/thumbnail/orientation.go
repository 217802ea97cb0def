package thumbnail

import (
	"image"
	"io"

	"github.com/bep/imagemeta"
)

// maxTags bounds how much of a picture's metadata is looked at.
const maxTags = 200

// orientation is that of Exif: 1 to 8, 1 = as it is, also where nothing is said or it cannot be read.
func orientation(f *format, src *io.SectionReader) int {
	found := 1
	if f.meta == imagemeta.ImageFormatAuto {
		return found
	}
	_, _ = imagemeta.Decode(imagemeta.Options{ // what it does not find is not there
		R: src, ImageFormat: f.meta, Sources: imagemeta.EXIF, LimitNumTags: maxTags,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == "Orientation" && t.Namespace == "IFD0" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if v, ok := t.Value.(uint16); ok && v >= 1 && v <= 8 {
				found = int(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return found
}

// turn puts a picture upright that has an orientation (Exif 2.32, table 6): for each pixel of the result it says where that comes from.
func turn(p *image.RGBA, orientation int) *image.RGBA {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	var from func(x, y int) (int, int)
	switch orientation {
	case 2:
		from = func(x, y int) (int, int) { return w - 1 - x, y }
	case 3:
		from = func(x, y int) (int, int) { return w - 1 - x, h - 1 - y }
	case 4:
		from = func(x, y int) (int, int) { return x, h - 1 - y }
	case 5:
		from = func(x, y int) (int, int) { return y, x }
	case 6:
		from = func(x, y int) (int, int) { return y, h - 1 - x }
	case 7:
		from = func(x, y int) (int, int) { return w - 1 - y, h - 1 - x }
	case 8:
		from = func(x, y int) (int, int) { return w - 1 - y, x }
	default:
		return p
	}
	size := image.Pt(w, h)
	if orientation >= 5 {
		size = image.Pt(h, w)
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			out.SetRGBA(x, y, p.RGBAAt(from(x, y)))
		}
	}
	return out
}
