package wire

import (
	"reflect"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

// Each row is a login JSON as some client sends it, or as it arrives when something went wrong on the way.
func TestParseAuth(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     Auth
		mode     Mode
	}{
		{"mode 1", `{"app":"a1","sign":"00,1","client":"tom"}`, Auth{App: "a1", Sign: "00,1", Client: "tom"}, ModeClient},
		{"mode 2", `{"username":"u","password":"p"}`, Auth{Username: "u", Password: "p"}, ModeUsername},
		{"mode 3", `{"phone":"1","password":"123456"}`, Auth{Phone: "1", Password: "123456"}, ModePhone},
		{"mode 4", `{"oauth":{"qq":{"id":"1"}}}`, Auth{OAuth: []byte(`{"qq":{"id":"1"}}`)}, ModeOAuth},
		{"mode 5", `{"passenger":{}}`, Auth{Passenger: []byte(`{}`)}, ModePassenger},
		{
			"passenger before all", `{"client":"c","passenger":{"id":"x"},"username":"u"}`,
			Auth{Client: "c", Username: "u", Passenger: []byte(`{"id":"x"}`)},
			ModePassenger,
		},
		{"client before username", `{"username":"u","client":"c"}`, Auth{Client: "c", Username: "u"}, ModeClient},
		{"empty text is absent", `{"client":"","phone":"1"}`, Auth{Phone: "1"}, ModePhone},
		{"wrong types are absent", `{"client":5,"passenger":"x","oauth":[1],"sign":null}`, Auth{}, ModeNone},
		{"install of v4", `{"install":"i0","installation":"i1"}`, Auth{Install: "i0"}, ModeNone},
		{"install by its second name", `{"install":"","installation":"i1","installId":"i2"}`, Auth{Install: "i1"}, ModeNone},
		{"install by its third name", `{"installId":"i1","installationId":"i2"}`, Auth{Install: "i1"}, ModeNone},
		{"install by its fourth name", `{"installationId":"i2","install":7}`, Auth{Install: "i2"}, ModeNone},
		{"notifyAll", `{"notifyAll":true}`, Auth{NotifyAll: true}, ModeNone},
		{"notifyAll must be true", `{"notifyAll":"true"}`, Auth{}, ModeNone},
		{"white space", " {\n\"client\" : \"tom\" , \"passenger\" : null }\r\n", Auth{Client: "tom"}, ModeClient},
		{"unicode", `{"client":"\u6c64\u59c6"}`, Auth{Client: "汤姆"}, ModeClient},
		{"other case is another field", `{"CLIENT":"tom"}`, Auth{}, ModeNone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseAuth(tc.in)
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Fatalf("ParseAuth(%s) = %+v, %v; want %+v", tc.in, got, err, tc.want)
			}
			if got.Mode() != tc.mode {
				t.Errorf("Mode() = %v, want %v", got.Mode(), tc.mode)
			}
		})
	}
}

func TestParseAuth_RefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", " ", "null", "[]", `"x"`, "5", `{"app":"x`, `{"app"`, `{}{}`, `{} x`, "{\"app\":\"\xff\"}",
		`{"a":` + strings.Repeat("[", MaxNesting) + strings.Repeat("]", MaxNesting) + `}`,
		`{"a":"` + strings.Repeat("x", maxAuthLen) + `"}`,
	} {
		if got, err := ParseAuth(in); im.KindOf(err) != im.Invalid || err == nil {
			t.Errorf("ParseAuth(%.40q) = %+v, %v; want an error of kind Invalid", in, got, err)
		}
	}
}

// Section 3.7: EIO 4 clients may send the login in the CONNECT packet, in three forms.
func TestParseConnectAuth(t *testing.T) {
	t.Parallel()
	want := Auth{App: "a", Client: "tom"}
	for _, in := range []string{
		`{"app":"a","client":"tom"}`,
		`{"auth":"{\"app\":\"a\",\"client\":\"tom\"}"}`,
		`{"auth":{"app":"a","client":"tom"}}`,
	} {
		if got, err := ParseConnectAuth([]byte(in)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseConnectAuth(%s) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{``, `[]`, `{"auth":"x"}`, `{"auth":"{\"auth\":"}`} {
		if _, err := ParseConnectAuth([]byte(in)); err == nil {
			t.Errorf("ParseConnectAuth(%s) succeeded", in)
		}
	}
}
