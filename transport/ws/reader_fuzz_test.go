package ws

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/parley-im/parley/internal/alloctest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// handed is what the reader hands over.
type handed struct {
	op      ws.OpCode
	payload string
}

const (
	fuzzMax = 1024
	// serverMax is about the limit of a server.
	serverMax = 1 << 20
	// fuzzSlack is what a reader may allocate whatever comes: its buffer, and what others of the
	// process allocate meanwhile, which is more under the race detector.
	fuzzSlack = 128 << 10
	// fuzzPerByte is what it may allocate per byte that came. A message of one byte takes at least seven on the wire.
	fuzzPerByte = 32
)

// The reader hands over exactly what a plain reading of RFC 6455 finds, ends with the same code, does so however the bytes
// arrive, and allocates for what has come, not for what was announced: a reader that grows to a header's length at once
// fails on a seed.
func FuzzReader_AgreesWithThePlainOne(f *testing.F) {
	text := wstest.Frame(0x81, true, []byte("汤姆"))
	for _, seed := range [][]byte{
		text, text[:len(text)-1], wstest.Frame(0x81, false, []byte("hi")), wstest.Frame(0xc1, true, nil), wstest.Frame(0x83, true, nil),
		frames(0x01, "a", 0x89, "ping", 0x00, "b", 0x8a, "", 0x80, "c", 0x88, "\x03\xe8"),
		frames(0x02, "a", 0x80, "b", 0x81, "next"), frames(0x89, "p", 0x88, "\x03\xe8"), wstest.Frame(0x81, true, make([]byte, 300)), wstest.Header(0x82, true, 1<<16), frames(0x01, "a", 0x81, "b"), frames(0x80, ""), frames(0x09, "x"), frames(0x81, "\xe6", 0x81, ""),
		frames(0x01, "\xe6", 0x80, "\xb1\xa4"), frames(0x89, strings.Repeat("x", 126)), frames(0x81, strings.Repeat("x", fuzzMax), 0x81, strings.Repeat("x", fuzzMax+1)),
		frames(0x02, strings.Repeat("x", fuzzMax), 0x00, "x"), frames(0x01, "", 0x00, "", 0x80, ""),
		append(wstest.Header(0x81, true, serverMax), "mask"...),
		append(wstest.Header(0x81, true, 1<<16), "mask"...), append(wstest.Header(0x82, true, 1<<62), "mask"...),
		append(wstest.Header(0x81, true, 1<<63), "mask"...),
		{0x81, 0xfe, 0, 1, 0, 0, 0, 0, 'x'},
		{0x81},
		{0xff, 0xff},
		{},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got []handed
		var code uint16
		alloctest.AtMost(t, fuzzSlack+fuzzPerByte*len(data), "what came", func() { got, code = readAll(t, bytes.NewReader(data), serverMax) })
		want, wantCode := plain(data, serverMax)
		compare(t, "at once", got, code, want, wantCode)
		got, code = readAll(t, iotest.OneByteReader(bytes.NewReader(data)), fuzzMax)
		want, wantCode = plain(data, fuzzMax)
		compare(t, "byte by byte", got, code, want, wantCode)
	})
}

// frames joins masked frames, each given by its first byte and its payload.
func frames(firstAndPayload ...any) (b []byte) {
	for i := 0; i < len(firstAndPayload); i += 2 {
		b = append(b, wstest.Frame(byte(firstAndPayload[i].(int)), true, []byte(firstAndPayload[i+1].(string)))...)
	}
	return b
}

// readAll reads until the end; code is that of the violation, 0 when the stream just ended.
func readAll(t *testing.T, in io.Reader, limit int) (all []handed, code uint16) {
	t.Helper()
	r := newReader(in, nil, limit)
	for {
		op, payload, err := r.next()
		var v *Violation
		switch {
		case err == nil:
			checkHanded(t, op, payload, limit)
			all = append(all, handed{op, string(payload)})
		case errors.As(err, &v):
			return all, v.Code
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return all, 0
		default:
			t.Fatalf("unexpected error %v", err)
		}
	}
}

// checkHanded checks what is never handed over, whatever comes.
func checkHanded(t *testing.T, op ws.OpCode, payload []byte, limit int) {
	t.Helper()
	switch {
	case len(payload) > limit, op != ws.OpText && len(payload) > 125:
		t.Fatalf("%d bytes for opcode %d", len(payload), op)
	case op == ws.OpText && !utf8.Valid(payload):
		t.Fatalf("%q is not UTF-8", payload)
	case op != ws.OpText && op != ws.OpPing && op != ws.OpClose:
		t.Fatalf("opcode %d was handed over", op)
	}
}

func compare(t *testing.T, how string, got []handed, code uint16, want []handed, wantCode uint16) {
	t.Helper()
	if len(got) != len(want) || code != wantCode {
		t.Fatalf("%s: %d messages, code %d; want %d, code %d", how, len(got), code, len(want), wantCode)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: message %d is %+v, want %+v", how, i, got[i], want[i])
		}
	}
}
