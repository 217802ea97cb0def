package contract

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// What is no operation is refused in the shape of every error (6.1): 404 with 5004, or 405 with 5009 and what would be allowed.
// HEAD is GET without a body, and OPTIONS answers anybody (7).
func TestContract_WhatIsNoOperation(t *testing.T) {
	t.Parallel()
	node := servertest.Start(t)
	node.Client().Expect(http.MethodPost, "/ctx/tom/friends/jerry", 200)
	for _, tt := range []struct {
		method, path string
		status       int
		has, allow   string
	}{
		{"GET", "/nothing", 404, `"errorCode":5004,"errorMessage":"`, ""},
		{"GET", "/rooms/r/chats", 404, `"errorCode":5004,`, ""},
		{"DELETE", "/rooms/r/chats", 404, `"errorCode":5004,`, ""},
		{"GET", "/ctx/tom/attributes/a/b", 404, `"errorCode":5004,`, ""},
		{"GET", "/ctx/tom//", 404, `"errorCode":5004,`, ""},
		{"PUT", "/ctx/tom", 405, `"errorCode":5009,`, "GET, OPTIONS, POST"},
		{"POST", "/ctx", 405, `"errorCode":5009,`, "GET, OPTIONS"},
		{"GET", "/passengers", 405, `"errorCode":5009,`, "OPTIONS, POST"},
		{"DELETE", "/system", 405, `"errorCode":5009,`, "OPTIONS, POST"},
		{"PATCH", "/groups/g/attributes", 405, `"errorCode":5009,`, "DELETE, GET, OPTIONS, POST, PUT"},
		{"POST", "/rooms/r/attributes/name", 405, `"errorCode":5009,`, "GET, OPTIONS"},
		{"HEAD", "/ctx/tom", 200, "", ""},
		{"HEAD", "/ctx/tom/", 200, "", ""},
		{"HEAD", "/ctx/nobody", 404, "", ""},
		{"HEAD", "/system", 405, "", "OPTIONS, POST"},
		{"OPTIONS", "/system/x", 204, "", ""},
	} {
		x := send(t, request(t, node.URL(), tt.method, tt.path, ""), "")
		if x.status != tt.status || !strings.Contains(string(x.body), tt.has) || tt.has == "" && len(x.body) > 0 {
			t.Errorf("%s %s: %d %s, want %d %s", tt.method, tt.path, x.status, x.body, tt.status, tt.has)
		}
		if got := x.header.Get("Allow"); got != tt.allow {
			t.Errorf("%s %s: Allow %q, want %q", tt.method, tt.path, got, tt.allow)
		}
		if x.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s may not be read from other origins", tt.method, tt.path)
		}
	}
	bare, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, node.URL()+"/ctx/tom", nil)
	if err != nil {
		t.Fatal(err)
	}
	if x := send(t, bare, ""); x.status != 204 || !strings.Contains(x.header.Get("Access-Control-Allow-Headers"), "X-ML-AppId") {
		t.Errorf("a preflight without a key: %d %v", x.status, x.header)
	}
}
