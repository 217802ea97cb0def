package wire

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// What ParseSay lets through is stored and sent to others, so it must be JSON by the standard parser's measure.
func FuzzParseSay(f *testing.F) {
	for _, tc := range sayCases {
		f.Add([]byte(tc.in))
	}
	for _, in := range malformedSays {
		f.Add([]byte(in)[:min(len(in), 4096)])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseSay(data)
		if err != nil {
			return
		}
		for name, v := range map[string][]byte{"body": s.Body, "ack": s.Ack, "push": s.Push} {
			if v != nil && (!json.Valid(v) || !utf8.Valid(v)) {
				t.Errorf("%s %q is not JSON", name, v)
			}
		}
		if !utf8.ValidString(s.Remark) {
			t.Errorf("remark %q is not UTF-8", s.Remark)
		}
	})
}

func FuzzParseAuth(f *testing.F) {
	for _, in := range []string{
		`{"app":"a","sign":"0,1","client":"tom"}`, `{"auth":"{\"client\":\"x\"}"}`, `{"passenger":{"id":"x"}}`, `{"app`, `null`, `{"oauth":{}}`,
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		a, err := ParseAuth(in)
		if err == nil && !json.Valid([]byte(in)) {
			t.Errorf("%q was accepted", in)
		}
		if a.OAuth != nil && !json.Valid(a.OAuth) || a.Passenger != nil && !json.Valid(a.Passenger) {
			t.Errorf("%q let something through that is not JSON", in)
		}
		_, _ = ParseConnectAuth([]byte(in)) // must not panic
	})
}

// Whatever ParseLogout lets through may name an actor.
func FuzzParseLogout(f *testing.F) {
	for _, tc := range logoutCases {
		f.Add([]byte(tc.in))
	}
	for _, in := range malformedLogouts {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if id, err := ParseLogout(data); id != "" && (err != nil || !id.Valid()) {
			t.Errorf("%q gave %q, %v", data, id, err)
		}
	})
}

// ParseEvent cuts by hand what the standard parser would cut.
func FuzzParseEvent(f *testing.F) {
	for _, in := range []string{`["say",{"a":[1,"]"]}]`, `[ "x" , "\"" ]`, `["x"]`, `[]`, `["x",`, `["x",1,2]`, `["\ud800",{}]`} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		name, arg, err := ParseEvent(data)
		if err != nil {
			return
		}
		var want []json.RawMessage
		var wantName string
		if err := json.Unmarshal(data, &want); err != nil || len(want) == 0 {
			t.Fatalf("%q was accepted: %v", data, err)
		}
		if err := json.Unmarshal(want[0], &wantName); err != nil || name != wantName {
			t.Errorf("%q: name %q, want %q (%v)", data, name, wantName, err)
		}
		if len(want) > 1 && string(want[1]) != string(arg) {
			t.Errorf("%q: argument %q, want %q", data, arg, want[1])
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "tom", "a\"\\\b\f\n\r\t\x00\x7f", "汤姆😀\u2028\u2029", "\xff\xc0x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		if want := string([]rune(s)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
