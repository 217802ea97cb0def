package fanout

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

func text(packet string) string { return string(ws.MustCompileFrame(ws.NewTextFrame([]byte(packet)))) }

// Every frame that a server of either revision sends is found for what it is, and one that is not whole is waited for.
func TestMaxIM_Cut(t *testing.T) {
	t.Parallel()
	p, err := NewMaxIM("http://127.0.0.1:1", "a", "k", 4)
	if err != nil {
		t.Fatal(err)
	}
	ping := string(ws.MustCompileFrame(ws.NewPingFrame([]byte("p"))))
	for name, tt := range map[string]struct {
		bytes, payload, answer string
		refused                bool
	}{
		"event":        {text("42/chat,[]"), "42/chat,[]", "", false},
		"ping":         {text("2"), "2", "\x81\x81\x00\x00\x00\x003", false},
		"probe":        {text("2probe"), "2probe", "\x81\x86\x00\x00\x00\x003probe", false},
		"pong":         {text("3"), "3", "", false},
		"ping of ws":   {ping, "", "\x8a\x81\x00\x00\x00\x00p", false},
		"answer":       {text(`43/chat,1[{"success":true}]`), `43/chat,1[{"success":true}]`, "", false},
		"refusal":      {text(`43/chat,1[{"success":false}]`), `43/chat,1[{"success":false}]`, "", true},
		"empty packet": {text(""), "", "", false},
	} {
		f, err := p.Cut([]byte(tt.bytes + "rest"))
		if err != nil || f.Size != len(tt.bytes) || string(f.Payload) != tt.payload || string(f.Answer) != tt.answer || f.Refused != tt.refused {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		for n := range len(tt.bytes) {
			if f, err := p.Cut([]byte(tt.bytes[:n])); err != nil || f.Size != 0 {
				t.Errorf("%s, %d bytes of it: %+v, %v", name, n, f, err)
			}
		}
	}
	if _, err := p.Cut([]byte(text("41/chat,"))); !errors.Is(err, errDismissed) {
		t.Errorf("a member is told to leave: %v", err)
	}
	var closed *Closed
	_, err = p.Cut(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1008, "slow"))))
	if !errors.As(err, &closed) || *closed != (Closed{1008, "slow"}) || ending(err) != "1008" {
		t.Errorf("a close frame: %v", err)
	}
}

// What is appended for any length is what gobwas reads: opcode, mask and payload.
func TestAppendFrame_IsAFrame(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 200_000} {
		half := strings.Repeat("h", size/2)
		rest := strings.Repeat("r", size-size/2)
		in := bytes.NewReader(AppendFrame(nil, TextFrame, []byte(half), []byte(rest)))
		h, err := ws.ReadHeader(in)
		payload := make([]byte, in.Len())
		_, _ = in.Read(payload) // at the end of an empty one
		if err != nil || !h.Fin || !h.Masked || h.OpCode != ws.OpText || h.Length != int64(size) || h.Mask != [4]byte{} || string(payload) != half+rest {
			t.Errorf("%d bytes: %+v, %v", size, h, err)
		}
	}
}
