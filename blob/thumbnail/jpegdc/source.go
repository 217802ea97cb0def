package jpegdc

import (
	"encoding/binary"
	"errors"
	"io"
)

// source is what is read of a picture: bytes between scans, bits within one.
type source struct {
	r   io.Reader
	err error // the first that r returned

	// buf[i:j] has been read, and not used.
	buf  [4096]byte
	i, j int

	// bits are those that come next, the first of them on the left; n of them are there, and what follows is 0.
	bits uint64
	n    int
}

// errShort is returned where the data of a scan ends before its blocks do.
var errShort = errors.New("a scan is too short")

// have makes n bytes available in buf, which may hold more, and reports whether there are so many. Otherwise err says why.
func (s *source) have(n int) bool {
	for s.j-s.i < n {
		if s.err != nil {
			return false
		}
		s.j = copy(s.buf[:], s.buf[s.i:s.j])
		s.i = 0
		var got int
		got, s.err = s.r.Read(s.buf[s.j:])
		s.j += got
	}
	return true
}

// ended returns why there are no more bytes.
func (s *source) ended() error {
	if errors.Is(s.err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return s.err
}

// next returns the n bytes that come next, as long as nothing else is read; n is no more than buf takes.
func (s *source) next(n int) ([]byte, error) {
	if !s.have(n) {
		return nil, s.ended()
	}
	s.i += n
	return s.buf[s.i-n : s.i], nil
}

// skip passes over n bytes.
func (s *source) skip(n int) error {
	for n > 0 {
		if !s.have(1) {
			return s.ended()
		}
		some := min(n, s.j-s.i)
		s.i += some
		n -= some
	}
	return nil
}

// marker passes over everything up to the next marker, and returns its second byte. What is left of a scan is forgotten.
func (s *source) marker() (byte, error) {
	s.bits, s.n = 0, 0
	for {
		if !s.have(2) {
			return 0, s.ended()
		}
		if a, b := s.buf[s.i], s.buf[s.i+1]; a == 0xff && b != 0 && b != 0xff { // neither data nor fill (section B.1.1.2)
			s.i += 2
			return b, nil
		}
		s.i++
	}
}

// fill adds bits up to 57 at least, unless the scan's data ends before.
func (s *source) fill() {
	for s.n <= 56 {
		if s.j-s.i >= 8 {
			if next := binary.BigEndian.Uint64(s.buf[s.i:]); !hasFF(next) {
				fits := uint(64-s.n) / 8
				s.bits |= next >> (64 - 8*fits) << (64 - 8*fits - uint(s.n))
				s.i += int(fits)
				s.n += int(8 * fits)
				return
			}
		}
		if !s.have(1) {
			return
		}
		c := s.buf[s.i]
		if c == 0xff {
			if !s.have(2) || s.buf[s.i+1] != 0 { // a marker ends it; what is data is followed by 0 (section F.1.2.3)
				return
			}
			s.i++
		}
		s.i++
		s.bits |= uint64(c) << (56 - s.n)
		s.n += 8
	}
}

// hasFF reports whether one of the eight bytes is 0xff.
func hasFF(x uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	return (^x-ones)&x&highs != 0
}

// short returns why there are fewer bits than are needed.
func (s *source) short() error {
	if s.err != nil && !errors.Is(s.err, io.EOF) {
		return s.err
	}
	return errShort
}

// take returns the n bits that come next, 16 at most.
func (s *source) take(n int) (int32, error) {
	if s.n < n {
		if s.fill(); s.n < n {
			return 0, s.short()
		}
	}
	v := int32(s.bits >> 32 >> (32 - n))
	s.bits <<= n
	s.n -= n
	return v, nil
}

// extended returns the number that the n bits that come next stand for (section F.2.2.1, EXTEND).
func (s *source) extended(n int) (int32, error) {
	v, err := s.take(n)
	if n > 0 && v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v, err
}
