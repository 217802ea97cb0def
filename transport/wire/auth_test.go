package wire

import (
	"reflect"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/wiretest"
)

// Each login of the tables of package wiretest is read as what it means, and what is no object is refused.
func TestParseAuth(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Logins {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseAuth(tc.Text)
			if tc.NoObject {
				if im.KindOf(err) != im.Invalid || err == nil {
					t.Errorf("ParseAuth(%.40q) = %+v, %v; want an error of kind Invalid", tc.Text, got, err)
				}
				return
			}
			want := Auth{
				App: im.AppID(tc.App), Sign: tc.Sign, Client: im.UserID(tc.Client),
				Username: tc.Username, Phone: tc.Phone, Password: tc.Password,
				OAuth: given(tc.OAuth), Passenger: given(tc.Passenger), Install: im.InstallID(tc.Install), NotifyAll: tc.NotifyAll,
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("ParseAuth(%s) = %+v, %v; want %+v", tc.Text, got, err, want)
			}
			if int(got.Mode()) != tc.Mode { // Mode has the numbers of the protocol
				t.Errorf("Mode() = %v, want %v", got.Mode(), tc.Mode)
			}
		})
	}
}

// What a socket does not let pass, and what is too long.
func TestParseAuth_RefusesWhatIsNoText(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"{\"app\":\"\xff\"}", `{"a":"` + strings.Repeat("x", maxAuthLen) + `"}`} {
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
