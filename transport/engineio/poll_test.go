package engineio_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
)

// poll opens a session that is polled.
func (s *server) poll(t *testing.T, d polltest.Dialect) (*polltest.Client, *listener) {
	t.Helper()
	c := polltest.Open(t, s.url, d, "")
	return c, <-s.sessions
}

// eachDialect runs a test with a session of each dialect, whose polls are parked at once, or never.
func eachDialect(t *testing.T, f func(*testing.T, *server, *polltest.Client, *listener)) {
	t.Helper()
	t.Parallel()
	for _, d := range polltest.Dialects {
		for name, after := range map[string]time.Duration{"": 0, ", not parked": time.Hour} {
			t.Run(d.String()+name, func(t *testing.T) {
				t.Parallel()
				s := serveWith(t, engineio.Options{ParkAfter: after})
				c, l := s.poll(t, d)
				f(t, s, c, l)
			})
		}
	}
}

// Section 3.2: the open packet of each dialect, byte for byte but for the sid.
func TestPoll_OpenPacket(t *testing.T) {
	t.Parallel()
	s := serve(t)
	sid := regexp.MustCompile(`"sid":"[A-Za-z0-9_-]{22}"`)
	for d, want := range map[polltest.Dialect]string{
		polltest.Binary3: `0{"sid","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":60000}`,
		polltest.Text3:   `0{"sid","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":60000}`,
		polltest.Rev4:    `0{"sid","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`,
	} {
		c, _ := s.poll(t, d)
		if got := sid.ReplaceAllString(c.OpenPacket, `"sid"`); got != want || len(c.First) > 0 {
			t.Errorf("%s: got %s and %q, want %s", d, got, c.First, want)
		}
	}
}

// Section 3.2: what is sent as the session begins comes with the open packet.
func TestPoll_FirstAnswerHasWhatWaits(t *testing.T) {
	t.Parallel()
	s := serveWith(t, engineio.Options{Open: func(e *engineio.Session, _ engineio.Handshake) engineio.Handler {
		e.Send([]byte("40"))
		return &listener{Session: e, closed: make(chan engineio.Reason, 1)}
	}})
	for _, d := range polltest.Dialects {
		if c := polltest.Open(t, s.url, d, ""); len(c.First) != 1 || c.First[0] != "40" {
			t.Errorf("%s: %q came with the open packet", d, c.First)
		}
	}
}

// Sections 3.3, 3.5 and 3.7: packets go both ways, in order; what means nothing is ignored; a poll waits for something, and
// gets all there is.
func TestPoll_Packets(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *server, c *polltest.Client, l *listener) {
		c.MustPost("", "0{}", "5", "6", "7", "x", "3", "b4AQID")
		c.MustPost("4a", "4b")
		c.Want("4a", "4b")
		waiting := c.Wait()
		if c.Dialect != polltest.Rev4 {
			c.MustPost("2")
			waiting.Want("3")
		} else {
			c.MustPost("2", "4x") // only the server pings
			waiting.Want("4x")
		}
		c.MustPost("1", "4late")
		l.wantReason(t, engineio.ReasonClient)
		c.WantFault(http.MethodGet, "", nil, 1)
		c.WantFault(http.MethodPost, "", nil, 1)
	})
}

// Section 3.5: what is not ASCII arrives as it was said, whatever the client takes it for.
func TestPoll_TextsThatAreNotASCII(t *testing.T) {
	eachDialect(t, func(t *testing.T, _ *server, c *polltest.Client, _ *listener) {
		const text = `42["汤姆😀é"]`
		c.MustPost(text)
		if c.Dialect == polltest.Rev4 {
			c.Want(text)
			return
		}
		const escaped = `42["\u6c64\u59c6\ud83d\ude00\u00e9"]`
		c.Want(escaped)
		if c.Dialect == polltest.Text3 {
			c.MustPost(twice(text))
			c.Want(escaped)
		}
	})
}

// twice encodes as Swift and clients 1.x do.
func twice(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// Section 3.1: b64 and the revision are those of the first request, whatever later ones say.
func TestPoll_FirstRequestDecides(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, _ := s.poll(t, polltest.Text3)
	c.MustPost("4x")
	a, err := c.Do(t.Context(), http.MethodGet, "EIO=4&b64=", "", nil)
	if err != nil || a.Body != "2:4x" {
		t.Errorf("got %q, %v", a.Body, err)
	}
	d, _ := s.poll(t, polltest.Rev4)
	d.MustPost("4x")
	a, err = d.Do(t.Context(), http.MethodGet, "EIO=3", "", nil)
	if err != nil || a.Body != "4x" || a.Header.Get("Content-Encoding") != "" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %q, %v, %v", a.Body, a.Header, err)
	}
}
