package link

import (
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

// maxWord is the length of the longest word of a handshake.
const maxWord = 8 << 10

// readWord reads one word of a handshake into m, and not a byte more. It returns the word's bytes.
func readWord(r io.Reader, m proto.Message) ([]byte, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if isTLS(head) {
		return nil, errTLS
	}
	if n > maxWord {
		return nil, fmt.Errorf("a word of %d bytes in a handshake", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, cut(err, frameHead)
	}
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("a malformed word in a handshake: %w", err)
	}
	return b, nil
}

// writeWord writes one word of a handshake.
func writeWord(w io.Writer, m proto.Message) error {
	b, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return writeBytes(w, b)
}

func writeBytes(w io.Writer, b []byte) error {
	if len(b) > maxWord {
		return fmt.Errorf("a word of %d bytes for a handshake", len(b))
	}
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}
