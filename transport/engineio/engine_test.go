package engineio_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/enginetest"
	"github.com/parley-im/parley/transport/reentry"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	rev3 = "/socket.io/?EIO=3&transport=websocket"
	rev4 = "/socket.io/?EIO=4&transport=websocket"

	poll3 = "/socket.io/?EIO=3&transport=polling"
)

// listener is a session's Handler that says back what it hears.
type listener struct {
	*engineio.Session
	shake  engineio.Handshake
	closed chan engineio.Reason
}

func (l *listener) OnMessage(data []byte) { l.Send(append([]byte("4"), data...)) }

func (l *listener) OnClose(reason engineio.Reason) { l.closed <- reason }

type server struct {
	url      string
	clock    enginetest.Clock
	engine   *engineio.Engine
	sessions chan *listener
	// returned counts the connections that came back.
	returned atomic.Int64
}

func serve(t testing.TB) *server {
	t.Helper()
	return serveWith(t, engineio.Options{})
}

// serveWith serves with opts. Unless they are set, the clock is the server's, sessions have listeners, and polls that wait are
// parked at once.
func serveWith(t testing.TB, opts engineio.Options) *server {
	t.Helper()
	return serveOn(t, opts, func(l net.Listener) net.Listener { return l })
}

// serveOn is serveWith, on the listener that wrap makes of one.
func serveOn(t testing.TB, opts engineio.Options, wrap func(net.Listener) net.Listener) *server {
	t.Helper()
	s := &server{sessions: make(chan *listener, 16)}
	if opts.ParkAfter == 0 {
		opts.ParkAfter = time.Nanosecond
	}
	if opts.Clock == nil {
		opts.Clock = &s.clock
	}
	if opts.Open == nil {
		opts.Open = func(e *engineio.Session, h engineio.Handshake) engineio.Handler {
			l := &listener{Session: e, shake: h, closed: make(chan engineio.Reason, 1)}
			s.sessions <- l
			return l
		}
	}
	var web *httptest.Server
	s.engine, web = start(t, opts, func(opts *engineio.Options, web *httptest.Server) {
		web.Listener = wrap(web.Listener)
		back := opts.Return
		opts.Return = func(conn net.Conn, read []byte) {
			s.returned.Add(1)
			back(conn, read)
		}
	})
	s.url = web.URL
	return s
}

// start starts an engine whose parked polls give their connections back, and a web server. change may change both before.
func start(t testing.TB, opts engineio.Options, change func(*engineio.Options, *httptest.Server)) (*engineio.Engine, *httptest.Server) {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	back := reentry.New(web.Listener.Addr(), wstest.Timeout)
	opts.Return = back.Return
	change(&opts, web)
	engine := engineio.New(opts)
	web.Config.Handler = engine
	web.Start()
	wstest.CloseAtEnd(t, web, engine)
	served := make(chan error, 1)
	go func() { served <- web.Config.Serve(back) }()
	t.Cleanup(func() {
		_ = back.Close() // nothing is accepted twice from here on
		<-served
	})
	return engine, web
}

// dial opens a session and reads its open packet.
func (s *server) dial(t *testing.T, path string) (*wstest.Client, *listener) {
	t.Helper()
	beats := s.engine.Beats()
	c := wstest.Dial(t, s.url, path)
	if open := c.Text(); !strings.HasPrefix(open, "0{") {
		t.Fatalf("first packet %s", open)
	}
	l := <-s.sessions
	eventually(t, "the heartbeat is timed", func() bool { return s.engine.Beats() > beats })
	return c, l
}

func (l *listener) wantReason(t *testing.T, want engineio.Reason) {
	t.Helper()
	select {
	case got := <-l.closed:
		if got != want {
			t.Errorf("closed: %s, want %s", got, want)
		}
	case <-time.After(wstest.Timeout):
		t.Errorf("not closed, want %s", want)
	}
}

// Section 3.2: the open packet of each revision, byte for byte but for the sid, which is new each time.
func TestEngine_OpenPacket(t *testing.T) {
	t.Parallel()
	s := serve(t)
	sid := regexp.MustCompile(`"sid":"[A-Za-z0-9_-]{22}"`)
	seen := map[string]bool{}
	for path, want := range map[string]string{
		rev3:                                    `0{"sid","upgrades":[],"pingInterval":25000,"pingTimeout":60000}`,
		rev4:                                    `0{"sid","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`,
		"/socket.io/?transport=websocket":       `0{"sid","upgrades":[],"pingInterval":25000,"pingTimeout":60000}`,
		"/socket.io/?EIO=5&transport=websocket": `0{"sid","upgrades":[],"pingInterval":25000,"pingTimeout":60000}`,
	} {
		got := wstest.Dial(t, s.url, path).Text()
		if short := sid.ReplaceAllString(got, `"sid"`); short != want || seen[got] {
			t.Errorf("%s: got %s, want %s with a new sid", path, got, want)
		}
		seen[got] = true
	}
}

func TestSession_Packets(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{rev3, rev4} {
		c, l := s.dial(t, path)
		for _, ignored := range []string{"", "0{}", "5", "6", "7", "x", "3"} {
			c.Send(ignored)
		}
		if path == rev3 {
			c.Send("2")
			c.Send("2probe")
			c.Want("3", "3probe")
		} else {
			c.Send("2") // only the server pings
		}
		c.Send("42[\"x\"]")
		c.Want("42[\"x\"]")
		c.Send("1")
		c.WantClose(ws.CloseNormal)
		l.wantReason(t, engineio.ReasonClient)
	}
}

// Section 3.4, revision 3: silence for longer than pingInterval + pingTimeout ends the session; any packet counts.
func TestHeartbeat_Revision3(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.dial(t, rev3)
	s.clock.Advance(84 * time.Second)
	c.Send("4x")
	c.Want("4x")
	s.clock.Advance(84 * time.Second)
	c.Send("2")
	c.Want("3")
	s.clock.Advance(84 * time.Second)
	c.Send("4y")
	c.Want("4y")
	s.clock.Advance(86 * time.Second)
	c.WantClose(ws.CloseNormal)
	l.wantReason(t, engineio.ReasonTimeout)
}

// Section 3.4, revision 4: the server pings every pingInterval and wants a pong, nothing else, within pingTimeout.
func TestHeartbeat_Revision4(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.dial(t, rev4)
	for range 3 {
		s.clock.Advance(25 * time.Second)
		c.Want("2")
		s.clock.Advance(19 * time.Second)
		c.Send("3")
		c.Send("4x") // its echo shows that the pong was taken
		c.Want("4x")
	}
	s.clock.Advance(25 * time.Second)
	c.Want("2")
	c.Send("4x")
	c.Want("4x")
	s.clock.Advance(20 * time.Second)
	c.WantClose(ws.CloseNormal)
	l.wantReason(t, engineio.ReasonTimeout)
}

// What the client sent while it was not read may be the pong that is waited for.
func TestHeartbeat_PauseIsNotSilence(t *testing.T) {
	t.Parallel()
	for path, beat := range map[string]string{rev3: "2", rev4: "3"} {
		s := serve(t)
		c, l := s.dial(t, path)
		l.Pause()
		s.clock.Advance(10 * time.Minute)
		c.Send("4x")
		c.Send(beat)
		l.Resume()
		for got := c.Text(); got != "4x"; got = c.Text() {
			if got != "2" {
				t.Fatalf("%s: got %q", path, got)
			}
		}
		if len(l.closed) > 0 {
			t.Errorf("%s: closed", path)
		}
	}
}

func TestSession_EndsLeaveNoTimer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{rev3, rev4} {
		c, l := s.dial(t, path)
		_ = c.Conn.Close()
		l.wantReason(t, engineio.ReasonGone)
	}
	if n := s.clock.Timers(); n != 0 {
		t.Errorf("%d timers are set", n)
	}
}

func TestEngine_CloseClosesTransports(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.dial(t, rev3)
	done := make(chan error, 1)
	go func() { done <- s.engine.Close(context.Background()) }()
	c.WantClose(ws.CloseGoingAway)
	l.wantReason(t, engineio.ReasonShutdown)
	_ = c.Conn.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	res, _ := request(t, s, http.MethodGet, rev3, "", true)
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a closed engine answers %s", res.Status)
	}
}

// Section 3.10, with the CORS headers of section 7.
func TestEngine_Refuses(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, tc := range []struct {
		name, method, path string
		upgrade            bool
		code               int
		message            string
	}{
		{"unknown transport", "GET", "/socket.io/?EIO=3&transport=flashsocket", false, 0, "Transport unknown"},
		{"no transport", "GET", "/socket.io/", false, 0, "Transport unknown"},
		{"polling by post", "POST", poll3, false, 2, "Bad handshake method"},
		{"polling by put", "PUT", poll3, false, 2, "Bad handshake method"},
		{"polling by jsonp", "GET", poll3 + "&j=0", false, 3, "Bad request"},
		{"poll of an unknown sid", "GET", poll3 + "&sid=abc", false, 1, "Session ID unknown"},
		{"post to an unknown sid", "POST", poll3 + "&sid=abc", false, 1, "Session ID unknown"},
		{"jsonp", "GET", rev3 + "&j=0", true, 3, "Bad request"},
		{"unknown sid", "GET", rev3 + "&sid=abc", true, 1, "Session ID unknown"},
		{"post", "POST", rev3, true, 2, "Bad handshake method"},
		{"no upgrade", "GET", rev3, false, 3, "Bad request"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res, body := request(t, s, tc.method, tc.path, "http://a.example", tc.upgrade)
			var got struct {
				Code    *int
				Message string
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || got.Code == nil || *got.Code != tc.code || got.Message != tc.message {
				t.Errorf("got %s (%v), want %d %s", body, err, tc.code, tc.message)
			}
			if res.StatusCode != http.StatusBadRequest || res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("status %s, type %s", res.Status, res.Header.Get("Content-Type"))
			}
			wantCORS(t, res.Header, "http://a.example", "true")
		})
	}
	res, _ := request(t, s, "GET", "/socket.io/?transport=none", "", false)
	wantCORS(t, res.Header, "*", "")
}

func TestEngine_Preflight(t *testing.T) {
	t.Parallel()
	s := serve(t)
	res, body := request(t, s, http.MethodOptions, "/socket.io/?EIO=3&transport=polling", "http://a.example", false)
	if res.StatusCode != http.StatusNoContent || body != "" || res.Header.Get("Access-Control-Allow-Headers") != "Content-Type" {
		t.Errorf("got %s %v %q", res.Status, res.Header, body)
	}
	wantCORS(t, res.Header, "http://a.example", "true")
}

func wantCORS(t *testing.T, h http.Header, origin, credentials string) {
	t.Helper()
	if h.Get("Access-Control-Allow-Origin") != origin || h.Get("Access-Control-Allow-Credentials") != credentials || h.Get("Vary") != "Origin" {
		t.Errorf("headers %v, want origin %s, credentials %q", h, origin, credentials)
	}
}

func request(t *testing.T, s *server, method, path, origin string, upgrade bool) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if upgrade {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	res, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}
