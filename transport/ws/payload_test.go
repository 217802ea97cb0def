package ws

import (
	"bytes"
	"testing"
)

// Payload finds what TextFrame was given, at the lengths where the header changes.
func TestPayload_UndoesTextFrame(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 1 << 20} {
		text := bytes.Repeat([]byte("x"), size)
		if got := Payload(TextFrame(text)); !bytes.Equal(got, text) {
			t.Errorf("of %d bytes %d came back", size, len(got))
		}
	}
}
