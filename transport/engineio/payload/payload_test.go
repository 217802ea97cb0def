package payload_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/transport/engineio/payload"
)

// Sections 3.5 and 3.7: what the server sends, byte for byte.
func TestAppend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		framing payload.Framing
		packets []string
		want    string
	}{
		{"binary", payload.Binary3, []string{"0{}", "40"}, "\x00\x03\xff0{}\x00\x02\xff40"},
		{"binary of three digits", payload.Binary3, []string{strings.Repeat("4", 120)}, "\x00\x01\x02\x00\xff" + strings.Repeat("4", 120)},
		{"binary is ASCII", payload.Binary3, []string{"4é汤😀"}, "\x00\x02\x05\xff4" + `\u00e9\u6c64\ud83d\ude00`},
		{"text", payload.Text3, []string{"0{}", "40"}, "3:0{}2:40"},
		{"text is ASCII", payload.Text3, []string{"4\u0080\u07ff\uffff\U0010ffff"}, `31:4\u0080\u07ff\uffff\udbff\udfff`},
		{"text of what is no UTF-8", payload.Text3, []string{"4\xff"}, `7:4\ufffd`},
		{"revision 4", payload.Text4, []string{"0{}"}, "0{}"},
		{"revision 4, several", payload.Text4, []string{"2", "4é汤😀", "6"}, "2\x1e4é汤😀\x1e6"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []byte
			size := 0
			for _, p := range tc.packets {
				size += payload.Size(tc.framing, []byte(p))
				got = payload.Append(got, tc.framing, []byte(p))
			}
			if string(got) != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
			if len(got) > size {
				t.Errorf("%d bytes, but Size said %d", len(got), size)
			}
		})
	}
}

// Sections 3.5 and 3.7: what clients post. nil = the framing is broken.
func TestSplit(t *testing.T) {
	t.Parallel()
	const text, binary, rev4 = payload.Text3, payload.Binary3, payload.Text4
	for _, tc := range []struct {
		name    string
		framing payload.Framing
		body    string
		want    []string
	}{
		{"text", text, "4:40/c1:2", []string{"40/c", "2"}},
		{"nothing", text, "", []string{}},
		{"empty packets are left out", text, "0:1:20:", []string{"2"}},
		{"lengths count UTF-16 code units", text, "4:4汤😀1:2", []string{"4汤😀", "2"}},
		{"leading zeros", text, "001:2", []string{"2"}},
		{"no length", text, ":2", nil},
		{"no colon", text, "1", nil},
		{"no digits", text, "x:2", nil},
		{"a negative length", text, "-1:2", nil},
		{"a fraction", text, "1.0:2", nil},
		{"a length of ten digits", text, "0000000001:2", nil},
		{"a length of thousands of digits", text, strings.Repeat("9", 5000) + ":2", nil},
		{"a lying length", text, "3:40", nil},
		{"a length that counts bytes", text, "8:4汤😀", nil},
		{"half a pair", text, "2:4😀", nil},
		{"text behind", text, "1:2x", nil},
		{"not UTF-8", text, "2:4\xff", nil},
		{"base64 stays for others to ignore", text, "6:b4AQID", []string{"b4AQID"}},

		{"é encoded twice", text, "3:4Ã©", []string{"4é"}},
		{"汤 encoded twice", text, "4:4æ±¤", []string{"4汤"}},
		{"😀 encoded twice", text, "5:4ð\u009f\u0098\u0080", []string{"4😀"}},
		{"é encoded once", text, "2:4é", []string{"4é"}},
		{"汤 encoded once", text, "2:4汤", []string{"4汤"}},
		{"é and 汤 encoded once", text, "3:4é汤", []string{"4é汤"}},
		{"each packet for itself", text, "3:4Ã©2:4é", []string{"4é", "4é"}},

		{"binary", binary, "\x00\x04\xff40/c\x00\x01\xff2", []string{"40/c", "2"}},
		{"binary of three digits", binary, "\x00\x01\x00\x00\xff" + strings.Repeat("4", 100), []string{strings.Repeat("4", 100)}},
		{"binary counts bytes", binary, "\x00\x08\xff4汤😀", []string{"4汤😀"}},
		{"binary is encoded once", binary, "\x00\x05\xff4Ã©", []string{"4Ã©"}},
		{"marked binary is left out", binary, "\x01\x02\xff\x04\xff\x00\x01\xff2", []string{"2"}},
		{"binary, no digits", binary, "\x00\xff2", nil},
		{"binary, ASCII digits", binary, "\x001\xff2", nil},
		{"binary, another mark", binary, "\x02\x01\xff2", nil},
		{"binary, a mark alone", binary, "\x00", nil},
		{"binary, a lying length", binary, "\x00\x03\xff40", nil},
		{"binary, a huge length", binary, "\x00" + strings.Repeat("\x09", 400) + "\xff2", nil},
		{"binary, not UTF-8", binary, "\x00\x02\xff4\xff", nil},

		{"revision 4", rev4, "2\x1e4é汤😀\x1e3", []string{"2", "4é汤😀", "3"}},
		{"revision 4 is encoded once", rev4, "4Ã©", []string{"4Ã©"}},
		{"revision 4, empty packets", rev4, "\x1e\x1e2\x1e", []string{"2"}},
		{"revision 4, not UTF-8", rev4, "4\xff", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := split(tc.framing, tc.body)
			if (err != nil) != (tc.want == nil) || err != nil && !errors.Is(err, payload.ErrFraming) {
				t.Fatalf("%q: %q, %v; want %q", tc.body, got, err, tc.want)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// A body of the most packets that fit takes no room for them. Fails when Split collects what it returns.
func TestSplit_ManyPacketsTakeNoRoom(t *testing.T) {
	for f, packet := range map[payload.Framing]string{payload.Text3: "0:", payload.Binary3: "\x00\x00\xff", payload.Text4: "\x1e"} {
		body := []byte(strings.Repeat(packet, 1_000_000/len(packet)))
		allocs := testing.AllocsPerRun(1, func() {
			packets, err := payload.Split(f, body)
			if err != nil {
				t.Fatal(err)
			}
			for p := range packets {
				t.Errorf("got %q", p)
			}
		})
		if allocs > 10 {
			t.Errorf("framing %d: %v allocations", f, allocs)
		}
	}
}

func TestFraming_ContentType(t *testing.T) {
	t.Parallel()
	for f, want := range map[payload.Framing]string{
		payload.Binary3: "application/octet-stream", payload.Text3: "text/plain; charset=UTF-8", payload.Text4: "text/plain; charset=UTF-8",
	} {
		if got := f.ContentType(); got != want {
			t.Errorf("framing %d: %s", f, got)
		}
	}
}

func split(f payload.Framing, body string) ([]string, error) {
	packets, err := payload.Split(f, []byte(body))
	if err != nil {
		return nil, err
	}
	got := []string{}
	for p := range packets {
		got = append(got, string(p))
	}
	return got, nil
}
