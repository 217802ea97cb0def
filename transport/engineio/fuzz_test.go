package engineio

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// A packet is its type and the rest, and anything else is none (Engine.IO, packet encoding).
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "0{}", "2probe", "42[\"x\"]", "7", "b", "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		typ, data, ok := Decode(packet)
		if ok && string(append([]byte{byte(typ)}, data...)) != string(packet) {
			t.Errorf("%q became %c and %q", packet, typ, data)
		}
		if ok != (len(packet) > 0 && packet[0] >= '0' && packet[0] <= '6') {
			t.Errorf("%q: ok = %v", packet, ok)
		}
	})
}

// Whatever the query, no more is found than stands there. Said again, properly escaped, it is found again, wherever it stands
// and whatever stands beside it. Of a query that net/url can read, the same is found as by net/url, as long as each name
// stands there once and plainly: names are not decoded, and of equal ones the last counts. Only EIO=4 is revision 4
// (section 3.1).
func FuzzParseHandshake(f *testing.F) {
	for _, seed := range []string{
		"EIO=4&transport=websocket&auth=%7B%7D", "%%%", "a=b=c&&", "auth=%", `auth={"a":"b;c"}`, "auth=%ff+%zz", "sid=a&sid=b", "j&EIO", "=&==&transport==",
		`EIO=4&sid=x_-1&transport=websocket&auth={"app":"a","sign":"0,1","client":"汤&=+%姆"}&t=x`, "EIO=44&transport=a b&sid=%00%ff&auth=auth=%7B%26sid=x;j=1", "auth[]=x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		got := ParseHandshake(query)
		if len(got.Transport)+len(got.SID)+len(got.Auth) > len(query) || got.Revision != Rev3 && got.Revision != Rev4 {
			t.Errorf("%q gave %+v", query, got)
		}
		if again := ParseHandshake(escaped(got)); again != got {
			t.Errorf("%q gave %+v, and that, escaped, %+v", query, got, again)
		}
		values, err := url.ParseQuery(query)
		if err != nil || !plain(query) {
			return
		}
		want := Handshake{Revision: Rev3, Transport: values.Get("transport"), SID: values.Get("sid"), Auth: values.Get("auth"), JSONP: values.Has("j"), B64: values.Get("b64") != ""}
		if values.Get("EIO") == "4" {
			want.Revision = Rev4
		}
		if got != want {
			t.Errorf("%q gave %+v, want %+v", query, got, want)
		}
	})
}

// escaped is the query of a client that escapes what it says, between parameters that nobody knows.
func escaped(h Handshake) string {
	values := url.Values{
		"EIO": {strconv.Itoa(int(h.Revision))}, "transport": {h.Transport}, "sid": {h.SID}, "auth": {h.Auth},
		"auth[]": {"x&sid=y"}, "si": {"=j"}, "t": {"EIO=4&j=1"},
	}
	if h.JSONP {
		values.Set("j", "1")
	}
	return values.Encode()
}

// plain reports whether query names nothing twice, and nothing in escapes.
func plain(query string) bool {
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if seen[name] || strings.ContainsAny(name, "%+") {
			return false
		}
		seen[name] = true
	}
	return true
}
