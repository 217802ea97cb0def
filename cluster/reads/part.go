package reads

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
	// partHead is the length of a length.
	partHead = 4
	// maxPart is the length of the longest part, encoded: twice what the longest entry needs, and twice that.
	maxPart = 4 << 20
	// fullPart is the length at which a part is sent off. One item may be longer.
	fullPart = 256 << 10
	// readAhead is what is read at once, and the memory that a part which has not arrived takes at most.
	readAhead = 32 << 10
)

// errCut is returned when an answer stops before its end.
var errCut = errors.New("the answer was cut")

// writePart writes one part.
func writePart(w io.Writer, p *pb.ReadPart) error {
	size := proto.Size(p)
	if size > maxPart {
		return fmt.Errorf("a part of %d bytes", size)
	}
	b := binary.BigEndian.AppendUint32(make([]byte, 0, partHead+size), uint32(size))
	b, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, p)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// readPart reads the next part. The end of the stream is errCut: only a part says that an answer has ended.
func readPart(in *bufio.Reader) (*pb.ReadPart, error) {
	var head [partHead]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, cut(err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > maxPart {
		return nil, fmt.Errorf("a part of %d bytes", n)
	}
	body, err := readBody(in, int(n))
	if err != nil {
		return nil, cut(err)
	}
	p := new(pb.ReadPart)
	if err := proto.Unmarshal(body, p); err != nil {
		return nil, fmt.Errorf("a malformed part: %w", err)
	}
	return p, nil
}

// readBody reads n bytes. The memory for them is never more than twice what has arrived, or readAhead.
func readBody(in io.Reader, n int) ([]byte, error) {
	body := make([]byte, 0, min(n, readAhead))
	for len(body) < n {
		if len(body) == cap(body) {
			body = append(make([]byte, 0, min(2*len(body), n)), body...)
		}
		m, err := io.ReadFull(in, body[len(body):cap(body)])
		body = body[:len(body)+m]
		if err != nil {
			return nil, err
		}
	}
	return slices.Clip(body), nil
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return fmt.Errorf("%w: %w", errCut, err)
}
