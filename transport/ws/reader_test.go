package ws

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/parley-im/parley/transport/ws/wstest"
)

// Whatever comes, the reader neither panics, nor hands over what it must not, nor runs on beyond its input.
func FuzzReader(f *testing.F) {
	for _, seed := range [][]byte{
		wstest.Frame(0x81, true, []byte("hi")),
		wstest.Frame(0x81, false, []byte("hi")),
		append(wstest.Frame(0x01, true, []byte("a")), wstest.Frame(0x80, true, []byte("b"))...),
		append(wstest.Frame(0x02, true, []byte("a")), wstest.Frame(0x80, true, []byte("b"))...),
		append(wstest.Frame(0x89, true, []byte("p")), wstest.Frame(0x88, true, []byte{3, 232})...),
		wstest.Frame(0x81, true, make([]byte, 300)),
		wstest.Header(0x81, true, 1<<62), wstest.Header(0x82, true, 1<<16),
		{0x81},
		{0xff, 0xff},
		{},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &reader{br: bufio.NewReader(bytes.NewReader(data)), max: 1024}
		for {
			op, payload, err := r.next()
			if err != nil {
				checkReadError(t, err)
				return
			}
			switch {
			case len(payload) > r.max, op != ws.OpText && len(payload) > 125:
				t.Fatalf("%d bytes for opcode %d", len(payload), op)
			case op == ws.OpText && !utf8.Valid(payload):
				t.Fatalf("%q is not UTF-8", payload)
			case op != ws.OpText && op != ws.OpPing && op != ws.OpClose:
				t.Fatalf("opcode %d was handed over", op)
			}
		}
	})
}

func checkReadError(t *testing.T, err error) {
	t.Helper()
	var v *Violation
	if !errors.As(err, &v) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("unexpected error %v", err)
	}
}

// TextFrame writes what gobwas itself would compile, at the lengths where the header changes.
func TestTextFrame_AgreesWithCompileFrame(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
		text := bytes.Repeat([]byte("x"), n)
		want, err := ws.CompileFrame(ws.NewTextFrame(text))
		if got := TextFrame(text); err != nil || !bytes.Equal(got, want) {
			t.Errorf("length %d: frames differ (%v)", n, err)
		}
	}
}
