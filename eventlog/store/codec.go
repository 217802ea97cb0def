package store

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/parley-im/parley/im"
)

// errCorrupt is returned when a stored value is not what this package writes.
var errCorrupt = errors.New("store: corrupt record")

// recordVersion begins every value, so that a later layout can be told apart.
const recordVersion = 1

// Flags of an entry, in records and in commands.
const (
	flagOwes   = 1 << 0
	knownFlags = flagOwes
)

// reader cuts fields off the front of b. After the first misfit it is bad, and every field reads as zero: callers
// check ok once, at the end.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) ok() bool { return !r.bad }

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) millis() im.Millis {
	v := r.uvarint()
	if v > math.MaxInt64 {
		r.bad = true
		return 0
	}
	return im.Millis(v)
}

// bytes cuts a length and that many bytes, at most limit. The result aliases b.
func (r *reader) bytes(limit int) []byte {
	n := r.uvarint()
	if r.bad || n > uint64(limit) || n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) version() {
	if r.byte() != recordVersion {
		r.bad = true
	}
}

// done reports whether everything was read and fitted.
func (r *reader) done() bool { return !r.bad && len(r.b) == 0 }

func appendBytes[T ~string | ~[]byte](dst []byte, b T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}
