package ws

import (
	"bytes"
	"testing"

	"github.com/gobwas/ws"
)

// TextFrame and AppendTextFrame write what gobwas itself would compile, at the lengths where the header changes.
func TestTextFrame_AgreesWithCompileFrame(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
		text := bytes.Repeat([]byte("x"), n)
		want, err := ws.CompileFrame(ws.NewTextFrame(text))
		if got := TextFrame(text); err != nil || !bytes.Equal(got, want) {
			t.Errorf("length %d: frames differ (%v)", n, err)
		}
		front := []byte("what was there")
		appended := AppendTextFrame(front, func(dst []byte) []byte { return append(dst, text...) })
		if !bytes.Equal(appended, append(front, want...)) {
			t.Errorf("length %d: frames differ when they are appended", n)
		}
	}
}
