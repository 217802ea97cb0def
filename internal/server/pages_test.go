package server

import (
	"net/http/httptest"
	"testing"

	"github.com/parley-im/parley/auth"
)

// The pages get the first app's key on the machine that the node is on, unless they are told otherwise.
//
// Checked by breaking it: when the address of the page is not looked at, a name of somebody else's that leads here gets the key, and when
// what proxies say is not, their clients do.
func TestDemo_IsForPagesOfThisMachine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		demo, listen, host string
		want               bool
	}{
		{DemoAuto, "127.0.0.1:8080", "127.0.0.1:8080", true},
		{DemoAuto, "127.0.0.1:8080", "localhost:8080", true},
		{DemoAuto, "localhost:8080", "127.0.0.1", true},
		{DemoAuto, "[::1]:8080", "[::1]:8080", true},
		{DemoAuto, "[::1]:8080", "[::1]", true},
		{DemoAuto, "127.0.0.1:8080", "chat.example.org", false},
		{DemoAuto, "127.0.0.1:8080", "rebound.example.org:8080", false},
		{DemoAuto, "127.0.0.1:8080", "localhost.example.org", false},
		{DemoAuto, "127.0.0.1:8080", "", false},
		{DemoAuto, "0.0.0.0:8080", "127.0.0.1:8080", false},
		{DemoAuto, ":8080", "localhost:8080", false},
		{DemoAuto, "192.0.2.1:8080", "192.0.2.1:8080", false},
		{DemoOn, "0.0.0.0:8080", "chat.example.org", true},
		{DemoOff, "127.0.0.1:8080", "127.0.0.1:8080", false},
	} {
		s := newServer(Options{Demo: c.demo, Listen: c.listen, Apps: []auth.App{{ID: "demo", ClientKey: "client", MasterKey: "master"}, {ID: "other"}}})
		r := httptest.NewRequest("GET", "/demo.json", nil)
		r.Host = c.host
		app, key, ok := s.demoApp(r)
		if ok != c.want || ok && (app != "demo" || key != "client") {
			t.Errorf("--demo %s --listen %s, a page of %q: %q %q %v, want %v", c.demo, c.listen, c.host, app, key, ok, c.want)
		}
		for _, header := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"} {
			passed := r.Clone(t.Context())
			passed.Header.Set(header, "somewhere")
			if _, _, ok := s.demoApp(passed); ok != (c.demo == DemoOn) {
				t.Errorf("--demo %s --listen %s, a page of %q, passed on with %s: %v", c.demo, c.listen, c.host, header, ok)
			}
		}
		old := r.Clone(t.Context())
		old.Proto, old.ProtoMajor, old.ProtoMinor = "HTTP/1.0", 1, 0
		if _, _, ok := s.demoApp(old); ok != (c.demo == DemoOn) {
			t.Errorf("--demo %s --listen %s, a page of %q, by HTTP/1.0: %v", c.demo, c.listen, c.host, ok)
		}
	}
}
