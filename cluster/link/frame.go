package link

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// frameHead is the length of a length.
	frameHead = 4
	// readBuffer is what is read at once. Frames that fit are decoded in it.
	readBuffer = 64 << 10
)

// signOfLife is an empty frame.
var signOfLife [frameHead]byte

// appendFrame appends f, which has that size, with its length. b's bytes are as before when there is an error.
func appendFrame(b []byte, f *pb.Frame, size int) ([]byte, error) {
	b = slices.Grow(b, frameHead+size)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	return proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, f)
}

// frameReader takes frames from a stream.
type frameReader struct{ in *bufio.Reader }

func newFrameReader(in io.Reader) *frameReader {
	return &frameReader{in: bufio.NewReaderSize(in, readBuffer)}
}

// next returns the next frame that is not empty.
func (r *frameReader) next() (*pb.Frame, error) {
	for {
		head, err := r.in.Peek(frameHead)
		if err != nil {
			return nil, cut(err, len(head))
		}
		n := binary.BigEndian.Uint32(head)
		if n > MaxFrameBytes {
			return nil, fmt.Errorf("a frame of %d bytes", n)
		}
		r.discard(frameHead)
		if n > 0 {
			return r.frame(int(n))
		}
	}
}

func (r *frameReader) frame(n int) (*pb.Frame, error) {
	if n > readBuffer {
		body, err := r.long(n)
		if err != nil {
			return nil, err
		}
		return decode(body)
	}
	body, err := r.in.Peek(n)
	if err != nil {
		return nil, cut(err, frameHead)
	}
	f, err := decode(body) // copies what it keeps
	r.discard(n)
	return f, err
}

// long reads a body into memory of its own, of which there is never more than twice what has arrived, or readBuffer.
func (r *frameReader) long(n int) ([]byte, error) {
	body := make([]byte, 0, readBuffer)
	for len(body) < n {
		if len(body) == cap(body) {
			body = append(make([]byte, 0, min(2*len(body), n)), body...)
		}
		m, err := r.in.Read(body[len(body):cap(body)])
		body = body[:len(body)+m]
		if err != nil && len(body) < n {
			return nil, cut(err, frameHead)
		}
	}
	return body, nil
}

// discard drops what was peeked.
func (r *frameReader) discard(n int) {
	if _, err := r.in.Discard(n); err != nil {
		panic(fmt.Sprintf("link: %d bytes that were peeked cannot be discarded: %v", n, err))
	}
}

func decode(body []byte) (*pb.Frame, error) {
	f := new(pb.Frame)
	if err := proto.Unmarshal(body, f); err != nil {
		return nil, fmt.Errorf("a malformed frame: %w", err)
	}
	return f, nil
}

// cut makes the end of the stream an unexpected one if part of a frame had come.
func cut(err error, had int) error {
	if had > 0 && errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
