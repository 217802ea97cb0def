package wire

import (
	"reflect"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/wiretest"
)

// Each message of the tables of package wiretest is read as what it means, and what is none is refused.
func TestParseSay(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Says {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseSay([]byte(tc.Text))
			if tc.Malformed || tc.Broken {
				if err == nil || im.KindOf(err) != im.Invalid {
					t.Errorf("ParseSay(%.80q) = %+v, %v; want an error of kind Invalid", tc.Text, got, err)
				}
				return
			}
			want := Say{
				ToID: tc.To, ToType: tc.Type, Media: tc.Media, Body: []byte(tc.Body),
				Remark: tc.Remark, Ack: given(tc.Ack), Push: given(tc.Push), ID: tc.ID,
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("ParseSay(%s)\n got %+v, %v\nwant %+v", tc.Text, got, err, want)
			}
		})
	}
}

// given is what a field of a table says: "" = it is absent.
func given(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// WebSocket lets no text pass that is not UTF-8, but polling does: it is no message.
func TestParseSay_RefusesWhatIsNotUTF8(t *testing.T) {
	t.Parallel()
	const in = `{"to":{"id":"j"},"content":{"body":"` + "\xff" + `"}}`
	if got, err := ParseSay([]byte(in)); err == nil || im.KindOf(err) != im.Invalid {
		t.Errorf("ParseSay(%q) = %+v, %v; want an error of kind Invalid", in, got, err)
	}
}

func TestParseEvent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, event, arg string }{
		{"say with an object", `["say",{"a":[1,2]}]`, "say", `{"a":[1,2]}`},
		{"say with a string", `["say","{\"a\":\"],\"}"]`, "say", `"{\"a\":\"],\"}"`},
		{"no argument", `["x"]`, "x", ""},
		{"more arguments", ` [ "x" , 1.5 , {"y":2} ] `, "x", "1.5"},
		{"escaped name", `["s\u0061y",null]`, "say", "null"},
		{"nested", `["x",[[],{"a":"}"}],2]`, "x", `[[],{"a":"}"}]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			event, arg, err := ParseEvent([]byte(tc.in))
			if err != nil || event != tc.event || string(arg) != tc.arg {
				t.Errorf("ParseEvent(%s) = %q, %s, %v; want %q, %s", tc.in, event, arg, err, tc.event, tc.arg)
			}
		})
	}
	for _, in := range []string{``, `[]`, `{}`, `[1]`, `["x"`, `["x",]`, `["x"]]`, `[null]`, `"x"`, `[["x"]]`, `["x",01]`} {
		if event, arg, err := ParseEvent([]byte(in)); err == nil {
			t.Errorf("ParseEvent(%s) = %q, %s; want an error", in, event, arg)
		}
	}
}
