package engineio_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// rawClient sends requests on a connection of its own and reads answers as they come.
type rawClient struct {
	*polltest.Client
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (s *server) rawClient(t *testing.T, c *polltest.Client) *rawClient {
	t.Helper()
	conn := s.raw(t, "")
	return &rawClient{Client: c, t: t, conn: conn, in: bufio.NewReader(conn)}
}

// request is a request of the session's, with a body unless it is empty. lines are added to its header.
func (c *rawClient) request(method, body string, lines ...string) string {
	if body != "" {
		lines = append(lines, "Content-Type: text/plain", fmt.Sprint("Content-Length: ", len(body)))
	}
	return strings.Join(append([]string{method + " " + c.Path("polling") + " HTTP/1.1", "Host: x"}, lines...), "\r\n") + "\r\n\r\n" + body
}

func (c *rawClient) write(text string) {
	c.t.Helper()
	_ = c.conn.SetDeadline(time.Now().Add(wstest.Timeout)) // a connection is there
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// want reads the answer to a request by method and fails the test unless it is that.
func (c *rawClient) want(method string, status int, body string) *http.Response {
	c.t.Helper()
	res, got := c.answer(method)
	if res.StatusCode != status || got != body {
		c.t.Fatalf("%s: got %s, %.60q; want %d, %.60q", method, res.Status, got, status, body)
	}
	return res
}

// read reads the answer to a poll and returns its body; it fails the test unless the poll is answered with 200.
func (c *rawClient) read() string {
	c.t.Helper()
	res, got := c.answer(http.MethodGet)
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("got %s, %.60q", res.Status, got)
	}
	return got
}

func (c *rawClient) answer(method string) (*http.Response, string) {
	c.t.Helper()
	_ = c.conn.SetDeadline(time.Now().Add(wstest.Timeout)) // as above
	res, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res, string(body)
}

// wantEnd fails the test unless the server has closed the connection and said nothing more.
func (c *rawClient) wantEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Fatalf("got %q, %v; want the end", rest, err)
	}
}

// A poll that was parked is answered like one that was not, header for header, and its connection serves whatever comes next:
// requests that are answered at once, and polls that are parked again.
//
// Checked by breaking it: it fails without Cache-Control in the parked answer, and when the connection is closed instead.
func TestPark_ConnectionServesOn(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p, l := s.poll(t, polltest.Rev4)
	c := s.rawClient(t, p)
	for _, origin := range []string{"X-None: x", "Origin: http://a.example"} {
		l.Send([]byte("4at once"))
		c.write(c.request("GET", "", origin))
		held := c.want("GET", 200, "4at once").Header
		c.write(c.request("GET", "", origin))
		eventually(t, "the poll is parked", l.IsAtRest)
		l.Send([]byte("4x"))
		got := c.want("GET", 200, "4x").Header
		held.Set("Content-Length", "2")
		if date, err := http.ParseTime(got.Get("Date")); err != nil || time.Since(date).Abs() > time.Minute {
			t.Errorf("got %v", got)
		}
		held.Set("Date", got.Get("Date"))
		if !maps.EqualFunc(got, held, slices.Equal) {
			t.Errorf("got  %v\nwant %v", got, held)
		}
		c.write(c.request("HEAD", ""))
		c.want("HEAD", 400, "")
		c.write(c.request("OPTIONS", ""))
		c.want("OPTIONS", 204, "")
		c.write(c.request("POST", "4echo"))
		c.want("POST", 200, "ok")
		c.write(c.request("GET", ""))
		c.want("GET", 200, "4echo")
	}
}

// A client polls a thousand times on one connection, while it is spoken to at any moment, so that some polls are parked, some are
// about to be, and some are answered at once: it hears everything, once and in order.
func TestPark_NothingIsLostOnOneConnection(t *testing.T) {
	t.Parallel()
	const polls, spoken = 1000, 2000
	s := serve(t)
	p, l := s.poll(t, polltest.Rev4)
	c := s.rawClient(t, p)
	talking := make(chan struct{}, polls)
	var talk sync.WaitGroup
	defer talk.Wait()
	talk.Go(func() {
		for i := range spoken {
			if i%2 == 0 {
				<-talking
			}
			l.Send(fmt.Appendf(nil, "4%d", i))
		}
	})
	heard := 0
	for i := 0; heard < spoken; i++ {
		if i < polls {
			talking <- struct{}{}
		}
		c.write(c.request("GET", ""))
		for packet := range strings.SplitSeq(c.read(), "\x1e") {
			if want := fmt.Sprint("4", heard); packet != want {
				t.Fatalf("got %s, want %s", packet, want)
			}
			heard++
		}
	}
	if n := s.returned.Load(); n == 0 {
		t.Error("no poll was parked")
	}
}

// Requests that come before a poll is answered, with it or while it is parked, whole or in part, are served after it, in order.
//
// Checked by breaking it: it fails when what net/http has read, or the byte that the parked poll has, is not handed on.
func TestPark_PipelinedRequestsAreServedAfterIt(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p, l := s.poll(t, polltest.Rev4)
	c := s.rawClient(t, p)
	long := "4" + strings.Repeat("x", 100_000)
	for _, with := range []int{0, 1, 30, 5000} {
		next := c.request("POST", "4a") + c.request("POST", long) + c.request("GET", "")
		c.write(c.request("GET", "") + next[:with])
		eventually(t, "the poll is parked", l.IsAtRest)
		var rest sync.WaitGroup
		rest.Go(func() {
			_, _ = io.WriteString(c.conn, next[with:with+1]) // what is missing shows below
			_, _ = io.WriteString(c.conn, next[with+1:])
		})
		l.Send([]byte("4first"))
		c.want("GET", 200, "4first")
		c.want("POST", 200, "ok")
		c.want("POST", 200, "ok")
		c.want("GET", 200, "4a\x1e"+long)
		rest.Wait()
	}
}

// A client that goes away while its poll is parked is gone at once, however it goes, and its connection is closed.
//
// Checked by breaking it: when the parked poll takes every end of a read for being roused, the session stays.
func TestPark_ClientGoesAway(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*net.TCPConn) error{
		"closed":      (*net.TCPConn).Close,
		"half closed": (*net.TCPConn).CloseWrite,
		"reset": func(c *net.TCPConn) error {
			_ = c.SetLinger(0)
			return c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			p, l := s.poll(t, polltest.Rev4)
			c := s.rawClient(t, p)
			c.write(c.request("GET", ""))
			eventually(t, "the poll is parked", l.IsAtRest)
			if err := leave(c.conn.(*net.TCPConn)); err != nil {
				t.Fatal(err)
			}
			l.wantReason(t, engineio.ReasonGone)
			if name == "half closed" {
				c.wantEnd()
			}
			p.WantFault(http.MethodGet, "", nil, 1)
			if n := s.clock.Timers(); n != 0 {
				t.Errorf("%d timers are set", n)
			}
		})
	}
}

// Of a client that wants no second request on its connection, and of one that speaks HTTP/1.0, the connection ends with the
// answer. One of HTTP/1.0 that wants to keep it is served as by net/http alone, and so is a poll with a body.
func TestPark_ClosesOrHoldsWhereItMust(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p, l := s.poll(t, polltest.Rev4)
	for _, tc := range []struct {
		name, old, new string
		parked, closed bool
	}{
		{"close", "\r\nHost", "\r\nConnection: close\r\nHost", true, true},
		{"HTTP/1.0", "HTTP/1.1", "HTTP/1.0", true, true},
		{"HTTP/1.0, kept", "HTTP/1.1", "HTTP/1.0\r\nConnection: keep-alive", false, false},
		{"body", "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nGET /", false, false},
		{"chunked body", "\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", false, false},
	} {
		c := s.rawClient(t, p)
		c.write(strings.Replace(c.request("GET", ""), tc.old, tc.new, 1))
		eventually(t, tc.name+": the poll waits", func() bool { return l.IsPolled() && (l.IsAtRest() || !tc.parked) })
		l.Send([]byte("4x"))
		res := c.want("GET", 200, "4x")
		if minor := strings.Count(tc.new, "HTTP/1.0"); res.ProtoMinor != 1-minor || res.Close != tc.closed {
			t.Errorf("%s: got %s, %v", tc.name, res.Proto, res.Header)
		}
		if tc.closed {
			c.wantEnd()
			continue
		}
		c.write(c.request("POST", "4y"))
		c.want("POST", 200, "ok")
		c.write(c.request("GET", ""))
		c.want("GET", 200, "4y")
	}
}

// A second poll is refused while the first is parked; that gets its goodbye.
func TestPark_SecondPollEndsTheSession(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p, l := s.poll(t, polltest.Rev4)
	first := s.rawClient(t, p)
	first.write(first.request("GET", ""))
	eventually(t, "the poll is parked", l.IsAtRest)
	p.WantFault(http.MethodGet, "", nil, 3)
	first.want("GET", 200, "1")
	l.wantReason(t, engineio.ReasonViolation)
	first.write(first.request("GET", ""))
	first.want("GET", 400, `{"code":1,"message":"Session ID unknown"}`)
}

// A parked poll whose answer is not taken is slow in its time, or is cut when the engine closes.
func TestPark_AnswerThatIsNotTaken(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *server, *listener){
		"slow": func(t *testing.T, _ *server, l *listener) { l.wantReason(t, engineio.ReasonSlow) },
		"cut": func(t *testing.T, s *server, l *listener) {
			if err := closeWithin(t, s.engine, 50*time.Millisecond); err == nil {
				t.Error("Close says that nobody was cut")
			}
			l.wantReason(t, engineio.ReasonShutdown)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := engineio.Options{}
			if opts.WebSocket.WriteTimeout = time.Hour; name == "slow" {
				opts.WebSocket.WriteTimeout = 100 * time.Millisecond
			}
			s := serveWith(t, opts)
			p, l := s.poll(t, polltest.Rev4)
			c := s.rawClient(t, p)
			c.write(c.request("GET", ""))
			eventually(t, "the poll is parked", l.IsAtRest)
			l.Send(make([]byte, 64<<20))
			if _, err := c.conn.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			end(t, s, l)
		})
	}
}

// When the engine closes, a thousand parked polls get their goodbye, and their connections are closed: nothing is given back.
func TestPark_EngineCloses(t *testing.T) {
	t.Parallel()
	const many = 1000
	s := serve(t)
	var clients []*rawClient
	for range many {
		p, l := s.poll(t, polltest.Rev4)
		c := s.rawClient(t, p)
		c.write(c.request("GET", ""))
		eventually(t, "the poll is parked", l.IsAtRest)
		clients = append(clients, c)
	}
	if err := closeWithin(t, s.engine, wstest.Timeout); err != nil {
		t.Error(err)
	}
	for _, c := range clients {
		if res := c.want("GET", 200, "1"); !res.Close {
			t.Errorf("got %v", res.Header)
		}
		c.wantEnd()
	}
}

// A poll is parked only when it has waited for ParkAfter. Fails when a poll that was answered before gives its connection back.
func TestPark_OnlyWhatRests(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]bool{time.Hour: false, time.Nanosecond: true} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			s := serveWith(t, engineio.Options{ParkAfter: after})
			p, l := s.poll(t, polltest.Rev4)
			l.Send([]byte("4at once"))
			p.Want("4at once")
			if n := s.returned.Load(); n != 0 {
				t.Errorf("%d connections came back from polls that did not wait", n)
			}
			waiting := wait(t, p, l)
			l.Send([]byte("4x"))
			waiting.Want("4x")
			p.MustPost("4y") // by the same connection
			if got := s.returned.Load() == 1; got != want {
				t.Errorf("%d connections came back, want it: %v", s.returned.Load(), want)
			}
		})
	}
}

// Over TLS a poll is parked as without: it is answered, and the connection serves the next request, also when that came together with the first.
//
// Checked by breaking it: nothing comes back when a connection over TLS is not parked, or is closed by package reentry.
func TestPark_OverTLS(t *testing.T) {
	t.Parallel()
	files := certstest.NewCA(t).Issue(t, t.TempDir(), certstest.Node{Hosts: []string{"127.0.0.1"}})
	own, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	ca, err := os.ReadFile(files.CA)
	if err != nil || !roots.AppendCertsFromPEM(ca) {
		t.Fatal(err)
	}
	s := serveOn(t, engineio.Options{}, func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}})
	})
	p := polltest.New(t, "https"+strings.TrimPrefix(s.url, "http"), polltest.Rev4)
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "127.0.0.1"}
	p.HTTP.Transport.(*http.Transport).TLSClientConfig = config
	_, sid, _ := strings.Cut(p.MustGet("")[0], `"sid":"`)
	p.SID, _, _ = strings.Cut(sid, `"`)
	l := <-s.sessions

	conn := tls.Client(s.raw(t, ""), config)
	c := &rawClient{Client: p, t: t, conn: conn, in: bufio.NewReader(conn)}
	for i := range int64(3) {
		c.write(c.request("GET", "") + c.request("POST", "4y"))
		eventually(t, "the poll is parked", l.IsAtRest)
		l.Send([]byte("4x"))
		c.want("GET", 200, "4x")
		c.want("POST", 200, "ok")
		if c.write(c.request("GET", "")); c.read() != "4y" {
			t.Error("what was posted does not come back")
		}
		if got := s.returned.Load(); got != i+1 {
			t.Errorf("%d connections came back, want %d", got, i+1)
		}
	}
}

// Where nobody takes connections back, or where they cannot be taken from net/http, as with HTTP/2 and with the recorder here,
// polls wait as others do.
//
// Checked by breaking it: when a connection that cannot be taken counts as taken, no answer comes.
func TestPark_NotWhereItCannot(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]func(net.Conn, []byte){
		"nobody takes it": nil,
		"nothing to take": func(net.Conn, []byte) { t.Error("something came back") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sessions := make(chan *engineio.Session, 1)
			opts := engineio.Options{ParkAfter: time.Nanosecond, Return: back}
			opts.Open = func(e *engineio.Session, _ engineio.Handshake) engineio.Handler {
				sessions <- e
				return hearer{e, nil}
			}
			engine := engineio.New(opts)
			serve := func(path string) string {
				w := httptest.NewRecorder()
				engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
				return w.Body.String()
			}
			_, sid, _ := strings.Cut(serve(poll3+"&b64=1"), `"sid":"`)
			session := <-sessions
			answer := make(chan string)
			go func() { answer <- serve(poll3 + "&sid=" + sid[:22]) }()
			eventually(t, "the poll waits", session.IsPolled)
			session.Send([]byte("4x"))
			if got := <-answer; got != "2:4x" {
				t.Errorf("got %q", got)
			}
			if err := closeWithin(t, engine, wstest.Timeout); err != nil {
				t.Error(err)
			}
		})
	}
}
