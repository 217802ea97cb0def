package engineio

import "testing"

// Section 3.1: queries as clients send them, escaped or not.
func TestParseHandshake(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, query string
		want        Handshake
	}{
		{"empty", "", Handshake{Revision: Rev3}},
		{
			"v3", "auth=%7B%22app%22%3A%22a%22%7D&EIO=3&transport=websocket",
			Handshake{Revision: Rev3, Transport: "websocket", Auth: `{"app":"a"}`},
		},
		{"eio 4", "EIO=4&transport=polling&t=abc", Handshake{Revision: Rev4, Transport: "polling"}},
		{"unknown revision", "EIO=44&transport=websocket", Handshake{Revision: Rev3, Transport: "websocket"}},
		{
			"raw braces, quotes, semicolons", `auth={"a":"b;c"}&transport=websocket`,
			Handshake{Revision: Rev3, Transport: "websocket", Auth: `{"a":"b;c"}`},
		},
		{"raw equals sign", `auth={"a":"b=c"}`, Handshake{Revision: Rev3, Auth: `{"a":"b=c"}`}},
		{"broken escape stays", `auth=%7B%2`, Handshake{Revision: Rev3, Auth: `%7B%2`}},
		{"cjk", "auth=%E6%B1%A4", Handshake{Revision: Rev3, Auth: "汤"}},
		{"sid and jsonp", "sid=x_-1&j=7", Handshake{Revision: Rev3, SID: "x_-1", JSONP: true}},
		{"b64", "transport=polling&b64=1", Handshake{Revision: Rev3, Transport: "polling", B64: true}},
		{"empty b64", "transport=polling&b64=", Handshake{Revision: Rev3, Transport: "polling"}},
		{"odd separators", "&&=&EIO&transport=&", Handshake{Revision: Rev3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := ParseHandshake(tc.query); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}
