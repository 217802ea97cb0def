package ws

import (
	"io"

	"github.com/gobwas/ws"
)

// reader takes messages out of a stream. Not safe for concurrent use.
type reader struct {
	src io.Reader
	in  decoder
	buf [readSize]byte
	// unread is what was read and not looked at yet.
	unread []byte
}

// readSize is how much is read at a time.
const readSize = 4 << 10

// newReader returns the reader of a stream of which ahead was read already.
func newReader(src io.Reader, ahead []byte, maxBytes int) *reader {
	return &reader{src: src, in: decoder{max: maxBytes}, unread: ahead}
}

// next returns the next text message, or the payload of the next ping or close frame. The payload is the caller's. An error
// is a *Violation or that of the stream; after it the reader is of no use.
func (r *reader) next() (ws.OpCode, []byte, error) {
	for {
		op, payload, rest, err := r.in.next(r.unread)
		if r.unread = rest; op != 0 || err != nil {
			return op, payload, err
		}
		n, err := r.src.Read(r.buf[:])
		if r.unread = r.buf[:n]; n == 0 && err != nil {
			return 0, nil, err
		}
	}
}
