package wire

import (
	"testing"

	"github.com/parley-im/parley/im"
)

// logoutCases are arguments of `logout`, absent ones included (section 4).
var logoutCases = []struct {
	name, in string
	want     im.InstallID
}{
	{"nothing", ``, ""},
	{"null", ` null`, ""},
	{"empty object", `{}`, ""},
	{"empty id", `{"install":""}`, ""},
	{"wrong type", `{"install":5}`, ""},
	{"install", `{"install":"i-1"}`, "i-1"},
	{"other name", ` {"installationId":"i_2"} `, "i_2"},
	{"text of an object", `"{\"install\":\"i1\"}"`, "i1"},
}

// malformedLogouts make no sense.
var malformedLogouts = []string{`5`, `[]`, `"i1"`, `""`, `nope`, `{`, `{}x`, `{"install":"a b"}`, `{"install":"a.b","installId":"i"}`}

func TestParseLogout(t *testing.T) {
	t.Parallel()
	for _, tc := range logoutCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := ParseLogout([]byte(tc.in)); err != nil || got != tc.want {
				t.Errorf("ParseLogout(%s) = %q, %v; want %q", tc.in, got, err, tc.want)
			}
		})
	}
	for _, in := range malformedLogouts {
		if got, err := ParseLogout([]byte(in)); im.KindOf(err) != im.Invalid || err == nil {
			t.Errorf("ParseLogout(%s) = %q, %v; want an error of kind Invalid", in, got, err)
		}
	}
}
