package payload_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-im/parley/transport/engineio/payload"
)

var framings = []payload.Framing{payload.Text3, payload.Binary3, payload.Text4}

// Whatever is posted, what comes out is UTF-8, not empty, and no more than went in; a caller may stop at any packet.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"", "4:40/c1:2", "0:0:0:", "-1:2", "99999999999:2", "5:4ð\u009f\u0098\u0080", "2:4😀", "3:4Ã©",
		"\x00\x04\xff40/c\x00\x01\xff2", "\x01\x01\xff\xff", "\x00\x09\x09\x09\xff", "2\x1e4x\x1e", "\x1e\x1e",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, framing := range framings {
			packets, err := payload.Split(framing, body)
			if err != nil {
				continue
			}
			total := 0
			for p := range packets {
				total += len(p)
				if len(p) == 0 || !utf8.Valid(p) {
					t.Errorf("framing %d, %q: packet %q", framing, body, p)
				}
			}
			if total > len(body) {
				t.Errorf("framing %d, %q: %d bytes", framing, body, total)
			}
			for range packets {
				break
			}
		}
	})
}

// Two packets framed as clients do it, each in its own way, come out as they were; text of revision 3 also when it was
// encoded twice, unless it could be told from none that was encoded once.
func FuzzSplit_TakesWhatClientsFrame(f *testing.F) {
	f.Add("4", "2probe")
	f.Add("42/chat,[\"say\",\"汤😀é\"]", "4Ã©")
	f.Add("4\u0080", "4\uffff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == "" || b == "" || !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		want := []string{a, b}
		check := func(framing payload.Framing, body string) {
			if got, err := split(framing, body); err != nil || !slices.Equal(got, want) {
				t.Errorf("framing %d, %q: %q, %v; want %q", framing, body, got, err, want)
			}
		}
		check(payload.Binary3, binaryFrame(a)+binaryFrame(b))
		if !strings.Contains(a+b, "\x1e") {
			check(payload.Text4, a+"\x1e"+b)
		}
		check(payload.Text3, textFrame(double(a))+textFrame(double(b)))
		if !looksDouble(a) && !looksDouble(b) {
			check(payload.Text3, textFrame(a)+textFrame(b))
		}
	})
}

func textFrame(s string) string { return strconv.Itoa(len(utf16.Encode([]rune(s)))) + ":" + s }

func binaryFrame(s string) string {
	digits := strings.Map(func(r rune) rune { return r - '0' }, strconv.Itoa(len(s)))
	return "\x00" + digits + "\xff" + s
}

// double encodes the UTF-8 of s as if its bytes were characters.
func double(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// looksDouble reports whether s is what double makes of something.
func looksDouble(s string) bool {
	var once []byte
	for _, r := range s {
		if r > 0xff {
			return false
		}
		once = append(once, byte(r))
	}
	return utf8.Valid(once)
}

// What the server sends, clients of every dialect can read: for revision 3 it is ASCII and its lengths are right, encoded once
// or twice, and JSON says the same as before.
func FuzzAppend(f *testing.F) {
	f.Add("汤😀é\u2028\x00", "x")
	f.Add("\U0010ffff\uffff", "\\\"")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		var packets []string
		for _, text := range []string{a, b} {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			packets = append(packets, "42"+string(quoted))
		}
		for _, framing := range framings {
			var body []byte
			for _, p := range packets {
				body = payload.Append(body, framing, []byte(p))
			}
			got, err := split(framing, string(body))
			if err != nil || len(got) != len(packets) {
				t.Fatalf("framing %d: %q became %q: %q, %v", framing, packets, body, got, err)
			}
			for i, p := range got {
				var text string
				if err := json.Unmarshal([]byte(p[2:]), &text); err != nil || text != []string{a, b}[i] {
					t.Errorf("framing %d: %q became %q, %v", framing, packets[i], p, err)
				}
				if framing != payload.Text4 && strings.IndexFunc(p, func(r rune) bool { return r > 0x7f }) >= 0 {
					t.Errorf("framing %d: %q is not ASCII", framing, p)
				}
			}
		}
	})
}
