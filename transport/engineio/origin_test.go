package engineio_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/transport/engineio/polltest"
)

// Section 7: whoever polls from another origin, with credentials, may read each answer: to the handshake, to a GET and to a POST.
//
// Checked by breaking it: without the origin in allow, each fails.
func TestPoll_AnswersAnyOrigin(t *testing.T) {
	t.Parallel()
	s := serve(t)
	res, _ := request(t, s, http.MethodGet, poll3, "http://a.example", false)
	wantCORS(t, res.Header, "http://a.example", "true")
	c, _ := s.poll(t, polltest.Text3)
	c.MustPost("4x")
	res, _ = request(t, s, http.MethodGet, c.Path("polling"), "http://b.example", false)
	wantCORS(t, res.Header, "http://b.example", "true")
	res, _ = request(t, s, http.MethodPost, c.Path("polling"), "http://b.example", false)
	wantCORS(t, res.Header, "http://b.example", "true")
	res, _ = request(t, s, http.MethodPost, c.Path("polling"), "", false)
	wantCORS(t, res.Header, "*", "")
}

// Section 7: a WebSocket is let in from any origin, and without one.
func TestEngine_UpgradesFromAnyOrigin(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const upgrade = " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, origin := range []string{"", "Origin: http://a.example\r\n", "Origin: null\r\n", "Origin: file://\r\n"} {
		conn := s.raw(t, "GET "+rev3+upgrade+origin+"\r\n")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusSwitchingProtocols {
			t.Errorf("%s: %s", strings.TrimSpace(origin), res.Status)
		}
		_ = res.Body.Close()
	}
}
