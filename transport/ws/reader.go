package ws

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// reader takes messages out of a stream of masked frames. It allocates for what has arrived, never for what a header
// merely announces. Not safe for concurrent use.
type reader struct {
	br  *bufio.Reader
	max int

	header [ws.MaxHeaderSize]byte
	// op is the opcode of the message that is being put together; 0 = none.
	op ws.OpCode
	// message holds the fragments that came so far; nil unless op is text.
	message []byte
	// size counts their bytes, also those of a binary message, which are not kept.
	size int
}

// next returns the next text message, or the payload of the next ping or close frame. Everything else is skipped.
// The payload is the caller's. An error is a *Violation or that of the stream; after it the reader is of no use.
func (r *reader) next() (ws.OpCode, []byte, error) {
	for {
		h, err := r.readHeader()
		if err != nil {
			return 0, nil, err
		}
		if h.OpCode.IsControl() {
			payload, err := r.readPayload(nil, h)
			if err != nil || h.OpCode != ws.OpPong {
				return h.OpCode, payload, err
			}
			continue
		}
		done, err := r.addFragment(h)
		if err != nil {
			return 0, nil, err
		}
		if done {
			return r.finish()
		}
	}
}

func (r *reader) readHeader() (ws.Header, error) {
	h, err := ws.ReadHeaderBuffer(r.br, r.header[:])
	if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
		return h, &Violation{CloseProtocolError, err}
	}
	if err != nil {
		return h, err
	}
	state := ws.StateServerSide
	if r.op != 0 {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return h, &Violation{CloseProtocolError, err}
	}
	return h, nil
}

var errTooBig = errors.New("message is too big")

// addFragment reads the payload of a data frame and reports whether it completes a text message.
func (r *reader) addFragment(h ws.Header) (done bool, err error) {
	if h.Length > int64(r.max-r.size) {
		return false, &Violation{CloseTooBig, errTooBig}
	}
	if h.OpCode != ws.OpContinuation {
		r.op = h.OpCode
	}
	r.size += int(h.Length)
	if r.op == ws.OpText {
		r.message, err = r.readPayload(r.message, h)
	} else {
		_, err = r.br.Discard(int(h.Length))
	}
	if err != nil || !h.Fin {
		return false, err
	}
	if r.op != ws.OpText {
		r.op, r.size = 0, 0
		return false, nil
	}
	return true, nil
}

var errBadUTF8 = errors.New("text is not UTF-8")

func (r *reader) finish() (ws.OpCode, []byte, error) {
	message := r.message
	r.op, r.message, r.size = 0, nil, 0
	if !utf8.Valid(message) {
		return 0, nil, &Violation{CloseBadUTF8, errBadUTF8}
	}
	return ws.OpText, message, nil
}

// readChunk is the most that is allocated ahead of arrival.
const readChunk = 32 << 10

// readPayload appends the unmasked payload of a frame to dst.
func (r *reader) readPayload(dst []byte, h ws.Header) ([]byte, error) {
	start := len(dst)
	for left := int(h.Length); left > 0; {
		n := min(left, readChunk)
		at := len(dst)
		dst = slices.Grow(dst, n)[:at+n]
		if _, err := io.ReadFull(r.br, dst[at:]); err != nil {
			return nil, err
		}
		left -= n
	}
	ws.Cipher(dst[start:], h.Mask, 0)
	return dst, nil
}
