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
			got, err := heardSay(tc.Text)
			if tc.Malformed || tc.Broken {
				if err == nil || im.KindOf(err) != im.Invalid {
					t.Errorf("%.80q is %+v, %v; want an error of kind Invalid", tc.Text, got, err)
				}
				return
			}
			want := Say{
				ToID: tc.To, ToType: tc.Type, Media: tc.Media, Body: []byte(tc.Body),
				Remark: tc.Remark, Ack: given(tc.Ack), Push: given(tc.Push), ID: tc.ID,
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s\n got %+v, %v\nwant %+v", tc.Text, got, err, want)
			}
		})
	}
}

// heardSay reads text as the argument of a `say` event: what ParseEvent refuses is no message.
func heardSay(text string) (Say, error) {
	_, arg, err := ParseEvent([]byte(`["say",` + text + `]`))
	if err != nil {
		return Say{}, err
	}
	return ParseSay(arg)
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
	if got, err := heardSay(in); err == nil || im.KindOf(err) != im.Invalid {
		t.Errorf("%q is %+v, %v; want an error of kind Invalid", in, got, err)
	}
}

// What does it cost to read a message, from the event to its fields? An object, as clients of revision 4 send it, and the text
// of one, as those of revision 3 do.
func BenchmarkParseSay(b *testing.B) {
	const object = `{"to":{"id":"user-00042","type":0},"content":{"media":0,"body":{"text":"Hello there, how are you doing today? ` +
		`Let us meet at the station at seven."}},"id":"m-0123456789abcdef","ack":17}`
	for name, arg := range map[string]string{"object": object, "text": string(AppendString(nil, object))} {
		event := []byte(`["say",` + arg + `]`)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(event)))
			for b.Loop() {
				_, arg, err := ParseEvent(event)
				if err == nil {
					_, err = ParseSay(arg)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
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
