package jpegdc

import (
	"errors"
	"image"
	"image/color"
)

// picture puts together what all scans have said.
func (d *decoder) picture() (image.Image, error) {
	if d.components == nil {
		return nil, errors.New("jpegdc: no frame")
	}
	planes := make([][]byte, len(d.components))
	for i := range d.components {
		c := &d.components[i]
		if c.dc == nil {
			return nil, ErrDamaged
		}
		planes[i] = d.samples(c)
	}
	first := d.components[0]
	bounds := image.Rect(0, 0, up(d.width, blockSide), up(d.height, blockSide))
	if len(planes) == 1 {
		return &image.Gray{Pix: planes[0], Stride: first.wide, Rect: bounds}, nil
	}
	p := &image.YCbCr{
		Y: planes[0], Cb: planes[1], Cr: planes[2], YStride: first.wide, CStride: d.components[1].wide, SubsampleRatio: d.subsampling, Rect: bounds,
	}
	switch {
	case len(planes) == maxComponents:
		return d.withBlack(p, planes[3])
	case d.isRGB():
		out := image.NewRGBA(bounds)
		each(p, func(x, y, of, from int) { out.SetRGBA(x, y, color.RGBA{p.Y[of], p.Cb[from], p.Cr[from], 255}) })
		return out, nil
	}
	return p, nil
}

// samples returns the mean of each block of a component.
func (d *decoder) samples(c *component) []byte {
	out := make([]byte, len(c.dc))
	for i, v := range c.dc {
		if d.isProgressive {
			v *= d.quant[c.quant]
		}
		out[i] = byte(min(255, max(0, (v+4)>>3+128))) // samples are shifted (section A.3.1)
	}
	return out
}

// isRGB is as image/jpeg decides it.
func (d *decoder) isRGB() bool {
	if d.isJFIF {
		return false
	}
	return d.adobe == adobePlain || d.components[0].id == 'R' && d.components[1].id == 'G' && d.components[2].id == 'B'
}

// withBlack returns a picture of four colours. Those of Adobe are upside down: 255 is no ink.
func (d *decoder) withBlack(p *image.YCbCr, black []byte) (image.Image, error) {
	if d.adobe == adobeNone {
		return nil, errors.New("jpegdc: four colours of which nobody says what they are")
	}
	out := image.NewCMYK(p.Rect)
	each(p, func(x, y, of, from int) {
		c := color.CMYK{255 - p.Y[of], 255 - p.Cb[from], 255 - p.Cr[from], 255 - black[of]}
		if d.adobe == adobeChanged {
			c.C, c.M, c.Y = color.YCbCrToRGB(p.Y[of], p.Cb[from], p.Cr[from]) // NB: of what is upside down, RGB is CMY
		}
		out.SetCMYK(x, y, c)
	})
	return out, nil
}

// each calls f for each pixel, with where its samples are.
func each(p *image.YCbCr, f func(x, y, of, from int)) {
	for y := range p.Rect.Max.Y {
		for x := range p.Rect.Max.X {
			f(x, y, p.YOffset(x, y), p.COffset(x, y))
		}
	}
}
