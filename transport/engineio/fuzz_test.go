package engineio

import (
	"net/url"
	"strings"
	"testing"
)

// What a client that escapes its query properly says arrives as it was said, wherever it stands and whatever stands beside
// it; and only EIO=4 is revision 4 (section 3.1).
func FuzzParseHandshake_Values(f *testing.F) {
	f.Add("4", "websocket", "x_-1", `{"app":"a","sign":"0,1","client":"汤&=+%姆"}`, "t")
	f.Add("3", "polling", "", "", "")
	f.Add("44", "a b", "\x00\xff", "auth=%7B&sid=x;j=1", "auth[]")
	f.Fuzz(func(t *testing.T, revision, transport, sid, auth, other string) {
		want := Handshake{Revision: Rev3, Transport: transport, SID: sid, Auth: auth, JSONP: other == "j"}
		if revision == "4" {
			want.Revision = Rev4
		}
		values := url.Values{"EIO": {revision}, "transport": {transport}, "sid": {sid}, "auth": {auth}}
		if !values.Has(other) && url.QueryEscape(other) == other { // names are not decoded: no client escapes them
			values.Set(other, "x&sid=y")
		}
		query := values.Encode()
		if got := ParseHandshake(query); got != want {
			t.Errorf("%q is %+v, want %+v", query, got, want)
		}
	})
}

// Of a query that net/url can read, the same is found as by net/url, as long as each name stands there once and plainly: names
// are not decoded, and of equal ones the last counts. Of any other query it finds no more than stands there.
func FuzzParseHandshake_AgreesWithURL(f *testing.F) {
	for _, seed := range []string{
		"EIO=4&transport=websocket&auth=%7B%7D", "%%%", "a=b=c&&", "auth=%", `auth={"a":"b;c"}`, "auth=%ff+%zz", "sid=a&sid=b", "j&EIO", "=&==&transport==",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		got := ParseHandshake(query)
		if len(got.Transport)+len(got.SID)+len(got.Auth) > len(query) {
			t.Errorf("%q gave %+v", query, got)
		}
		values, err := url.ParseQuery(query)
		if err != nil || !plain(query) {
			return
		}
		want := Handshake{Revision: Rev3, Transport: values.Get("transport"), SID: values.Get("sid"), Auth: values.Get("auth"), JSONP: values.Has("j")}
		if values.Get("EIO") == "4" {
			want.Revision = Rev4
		}
		if got != want {
			t.Errorf("%q gave %+v, want %+v", query, got, want)
		}
	})
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
