package swarm

import (
	"bytes"
	"testing"

	"github.com/gobwas/ws"
)

// What Cut finds is what gobwas reads, and Cut never looks beyond what is there.
func FuzzCut(f *testing.F) {
	for _, frame := range []ws.Frame{
		ws.NewTextFrame(nil), ws.NewTextFrame(make([]byte, 125)), ws.NewTextFrame(make([]byte, 126)), ws.NewTextFrame(make([]byte, 1<<16)),
		ws.NewCloseFrame(nil), ws.MaskFrame(ws.NewTextFrame([]byte("x"))), ws.NewFrame(ws.OpText, false, []byte("x")),
	} {
		f.Add(ws.MustCompileFrame(frame))
	}
	f.Add([]byte{0x81, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		op, payload, size, err := Cut(b)
		r := bytes.NewReader(b)
		h, herr := ws.ReadHeader(r)
		head := len(b) - r.Len()
		switch {
		case err != nil:
			if herr == nil && h.Fin && !h.Masked && h.Rsv == 0 && h.Length <= maxPayload {
				t.Fatalf("refused %+v: %v", h, err)
			}
		case size > 0:
			if herr != nil || op != h.OpCode || int64(len(payload)) != h.Length || size != head+len(payload) {
				t.Fatalf("cut %v, %d bytes, %d in all; gobwas reads %+v, %v", op, len(payload), size, h, herr)
			}
			if !bytes.Equal(payload, b[size-len(payload):size]) {
				t.Fatal("the payload is not the one of the frame")
			}
		case herr == nil && int64(r.Len()) >= h.Length:
			t.Fatalf("a whole frame was not found: %+v", h)
		}
	})
}
