package client

import (
	"fmt"
	"testing"
)

// Bodies are cut as docs/protocol.md 3.5 and 3.7 draw them: an emoji counts two.
func TestFraming_ReadsWhatTheProtocolDraws(t *testing.T) {
	for _, c := range []struct {
		framing
		body string
		want []string // nil = an error
	}{
		{lengths, "2:401:6", []string{"40", "6"}},
		{lengths, "4:4😀x3:2é!", []string{"4😀x", "2é!"}},
		{lengths, "3:4😀", []string{"4😀"}},
		{lengths, "0:1:2", []string{"", "2"}},
		{lengths, "3:40", nil},
		{lengths, "2:4😀", nil},
		{lengths, "x", nil},
		{lengths, "-1:4", nil},
		{records, "40/chat,\x1e6", []string{"40/chat,", "6"}},
		{records, "4😀", []string{"4😀"}},
	} {
		got, err := c.decode(c.body)
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%q: got %q, %v, want %q", c.body, got, err, c.want)
		}
	}
	for _, packet := range []string{"40", "4😀é", ""} {
		for _, f := range []framing{lengths, records} {
			if got, err := f.decode(f.encode(packet)); err != nil || len(got) != 1 || got[0] != packet {
				t.Errorf("%q came back as %q, %v", packet, got, err)
			}
		}
	}
}
