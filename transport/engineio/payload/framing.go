package payload

// Framing is a way to put packets into a body.
type Framing uint8

// The framings. The first two are those of revision 3, the last is that of revision 4.
const (
	Text3 Framing = iota
	Binary3
	Text4
)

// ContentType is that of a body in this framing. The Android client compares that of Binary3 as a whole, so it has no
// parameters.
func (f Framing) ContentType() string {
	if f == Binary3 {
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}
