package thumbnail

import (
	"image"

	"golang.org/x/image/draw"
)

// detail is how many times finer than the thumbnail a picture is looked at.
const detail = 4

// shrink returns a picture as large as a thumbnail may be, but not larger than it is. A large one is looked at in places first, which
// costs the same for any size, and what was seen is made smooth.
func shrink(picture image.Image) *image.RGBA {
	from := picture.Bounds()
	size := fit(from.Dx(), from.Dy())
	// NB: side by side: what makes it smooth takes memory for each pixel of a long side, however short the other one is.
	if rough := image.Pt(min(detail*size.X, from.Dx()), min(detail*size.Y, from.Dy())); rough != from.Size() {
		seen := image.NewRGBA(image.Rectangle{Max: rough})
		draw.ApproxBiLinear.Scale(seen, seen.Rect, picture, from, draw.Src, nil)
		picture, from = seen, seen.Rect
	}
	small := image.NewRGBA(image.Rectangle{Max: size})
	draw.CatmullRom.Scale(small, small.Rect, picture, from, draw.Src, nil)
	return small
}

// fit returns the size of the thumbnail of a picture.
func fit(w, h int) image.Point {
	long := max(w, h)
	if long <= MaxSide {
		return image.Pt(w, h)
	}
	return image.Pt(scaled(w, long), scaled(h, long))
}

// scaled is side x MaxSide / long, rounded, and at least a pixel.
func scaled(side, long int) int { return max(1, (2*side*MaxSide+long)/(2*long)) }
