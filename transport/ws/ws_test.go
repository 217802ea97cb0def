package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eachWay runs a test for connections that loops serve, and for those that have goroutines.
func eachWay(t *testing.T, test func(t *testing.T, loops int)) {
	t.Helper()
	for name, loops := range map[string]int{"loops": 2, "goroutines": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, loops)
		})
	}
}

// peer is the server's side of one connection: it says back what it hears.
type peer struct {
	ws.Conn
	heard  func(*peer, string)
	closed chan error
}

func (p *peer) OnText(b []byte) { p.heard(p, string(b)) }

func (p *peer) OnClose(err error) { p.closed <- err }

func echo(p *peer, text string) { p.Send(ws.TextFrame([]byte(text))) }

// serve starts a server with those options whose connections call heard, and are sent to the channel.
func serve(t *testing.T, opts ws.Options, heard func(*peer, string)) (url string, peers chan *peer) {
	t.Helper()
	_, url, peers = serveAll(t, opts, heard)
	return url, peers
}

// serveAll is serve that returns the server, too.
func serveAll(t *testing.T, opts ws.Options, heard func(*peer, string)) (s *ws.Server, url string, peers chan *peer) {
	t.Helper()
	peers = make(chan *peer, 16)
	s = ws.NewServer(opts)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = s.Upgrade(w, r, func(c ws.Conn) ws.Handler {
			p := &peer{Conn: c, heard: heard, closed: make(chan error, 1)}
			peers <- p
			return p
		})
	}))
	srv.Config.ConnContext = narrow
	srv.Start()
	wstest.CloseAtEnd(t, srv, s)
	return s, srv.URL, peers
}

func TestConn_EchoesMessages(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, _ := serve(t, ws.Options{Loops: loops}, echo)
		c := wstest.Dial(t, url, "/")
		for _, text := range []string{"", "hi", "汤姆😀", strings.Repeat("x", 126), strings.Repeat("y", 1<<16), strings.Repeat("z", 1_000_000)} {
			c.Send(text)
			c.Want(text)
		}
	})
}

// Fragments make one message, with control frames in between (RFC 6455, section 5.4); binary messages are skipped.
func TestConn_JoinsFragments(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, _ := serve(t, ws.Options{Loops: loops}, echo)
		c := wstest.Dial(t, url, "/")
		c.Raw(wstest.Frame(wstest.Text, true, []byte("a\xe6\xb1")))
		c.Raw(wstest.Frame(0x80|wstest.Ping, true, []byte("p")))
		c.Raw(wstest.Frame(wstest.Continuation, true, []byte("\xa4")))
		c.Raw(wstest.Frame(0x80|wstest.Continuation, true, []byte("b")))
		if op, payload, _ := c.Next(); op != wstest.Pong || string(payload) != "p" {
			t.Fatalf("got opcode %d, %q; want the pong", op, payload)
		}
		c.Want("a汤b")
		c.Raw(wstest.Frame(wstest.Binary, true, []byte("\xff")))
		c.Raw(wstest.Frame(0x80|wstest.Continuation, true, []byte("\xff")))
		c.Raw(wstest.Frame(0x80|wstest.Pong, true, nil))
		c.Send("next")
		c.Want("next")
	})
}

// hostile frames and the close code that each deserves (RFC 6455, section 7.4.1).
var hostile = []struct {
	name string
	raw  []byte
	code uint16
}{
	{"not masked", wstest.Frame(0x80|wstest.Text, false, []byte("x")), ws.CloseProtocolError},
	{"reserved bit 1", wstest.Frame(0xc0|wstest.Text, true, []byte("x")), ws.CloseProtocolError},
	{"reserved bit 3", wstest.Frame(0x90|wstest.Text, true, []byte("x")), ws.CloseProtocolError},
	{"reserved opcode", wstest.Frame(0x83, true, nil), ws.CloseProtocolError},
	{"reserved control opcode", wstest.Frame(0x8b, true, nil), ws.CloseProtocolError},
	{"long ping", wstest.Frame(0x80|wstest.Ping, true, make([]byte, 126)), ws.CloseProtocolError},
	{"fragmented ping", wstest.Frame(wstest.Ping, true, nil), ws.CloseProtocolError},
	{"continuation of nothing", wstest.Frame(0x80|wstest.Continuation, true, nil), ws.CloseProtocolError},
	{"text inside a text", bytes.Repeat(wstest.Frame(wstest.Text, true, []byte("x")), 2), ws.CloseProtocolError},
	{"negative length", append(wstest.Header(0x80|wstest.Text, true, 1<<63), 0, 0, 0, 0), ws.CloseProtocolError},
	{"huge length", append(wstest.Header(0x80|wstest.Text, true, 1<<62), 0, 0, 0, 0), ws.CloseTooBig},
	{"huge binary", append(wstest.Header(0x80|wstest.Binary, true, 1<<40), 0, 0, 0, 0), ws.CloseTooBig},
	{"one byte too many", append(wstest.Header(0x80|wstest.Text, true, 1025), 0, 0, 0, 0), ws.CloseTooBig},
	{"fragments too big", append(wstest.Frame(wstest.Text, true, make([]byte, 513)),
		wstest.Frame(0x80|wstest.Continuation, true, make([]byte, 512))...), ws.CloseTooBig},
	{"bad UTF-8", wstest.Frame(0x80|wstest.Text, true, []byte("\xc0\x80")), ws.CloseBadUTF8},
	{"cut UTF-8", wstest.Frame(0x80|wstest.Text, true, []byte("\xe6\xb1")), ws.CloseBadUTF8},
	{"close frame of one byte", wstest.Frame(0x80|wstest.Close, true, []byte{3}), ws.CloseProtocolError},
	{"reserved close code", wstest.Frame(0x80|wstest.Close, true, []byte{0x03, 0xed}), ws.CloseProtocolError},
	{"close code of no range", wstest.Frame(0x80|wstest.Close, true, []byte{0x13, 0x88}), ws.CloseProtocolError},
	{"close reason is not UTF-8", wstest.Frame(0x80|wstest.Close, true, []byte("\x03\xe8\xff")), ws.CloseBadUTF8},
}

func TestConn_ClosesOnHostileFrames(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, peers := serve(t, ws.Options{Loops: loops, MaxMessageBytes: 1024}, echo)
		for _, tc := range hostile {
			t.Run(tc.name, func(t *testing.T) {
				c := wstest.Dial(t, url, "/")
				p := <-peers
				c.Raw(tc.raw)
				c.WantClose(tc.code)
				var v *ws.Violation
				if err := <-p.closed; !errors.As(err, &v) || v.Code != tc.code {
					t.Errorf("OnClose(%v), want a violation with code %d", err, tc.code)
				}
			})
		}
	})
}

func TestConn_AnswersTheClosingHandshake(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, peers := serve(t, ws.Options{Loops: loops}, echo)
		for _, body := range []string{"", "\x03\xe8", "\x0f\xa0bye"} {
			c := wstest.Dial(t, url, "/")
			p := <-peers
			c.Raw(wstest.Frame(0x80|wstest.Close, true, []byte(body)))
			want := ws.CloseNormal
			if body != "" {
				want = uint16(body[0])<<8 | uint16(body[1])
			}
			c.WantClose(want)
			if err := <-p.closed; !errors.Is(err, ws.ErrPeerClosed) {
				t.Errorf("OnClose(%v), want ErrPeerClosed", err)
			}
		}
	})
}

// Close must not lose what was queued before it, even when the client never stops sending.
func TestConn_CloseSendsWhatIsQueued(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, peers := serve(t, ws.Options{Loops: loops}, func(p *peer, _ string) {
			for i := range 100 {
				echo(p, fmt.Sprint(i))
			}
			p.Close(ws.CloseNormal)
			echo(p, "too late")
		})
		c := wstest.Dial(t, url, "/")
		p := <-peers
		for range 50 {
			c.Send("x")
		}
		for i := range 100 {
			c.Want(fmt.Sprint(i))
		}
		c.WantClose(ws.CloseNormal)
		if err := <-p.closed; !errors.Is(err, ws.ErrClosed) {
			t.Errorf("OnClose(%v), want ErrClosed", err)
		}
	})
}

// While a connection is paused nothing is handed over; afterwards everything is, in order.
func TestConn_Pauses(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		heard := make(chan string, 16)
		url, peers := serve(t, ws.Options{Loops: loops}, func(p *peer, text string) {
			if text == "pause" {
				p.Pause()
			}
			heard <- text
		})
		c := wstest.Dial(t, url, "/")
		p := <-peers
		for _, text := range []string{"pause", "a", "b"} {
			c.Send(text)
		}
		if got := <-heard; got != "pause" {
			t.Fatalf("got %q first", got)
		}
		p.Send(ws.TextFrame([]byte("still writing")))
		c.Want("still writing")
		if len(heard) != 0 {
			t.Error("a paused connection was read")
		}
		p.Resume()
		if a, b := <-heard, <-heard; a != "a" || b != "b" {
			t.Errorf("got %q, %q; want a, b", a, b)
		}
	})
}

func TestConn_EndsWhilePaused(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, peers := serve(t, ws.Options{Loops: loops}, echo)
		wstest.Dial(t, url, "/")
		p := <-peers
		p.Pause()
		p.Close(ws.CloseNormal)
		if err := <-p.closed; !errors.Is(err, ws.ErrClosed) {
			t.Errorf("OnClose(%v), want ErrClosed", err)
		}
	})
}

func TestServer_CloseSaysGoingAwayAndRefuses(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		s := ws.NewServer(ws.Options{Loops: loops})
		answers := make(chan error, 2)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answers <- s.Upgrade(w, r, func(c ws.Conn) ws.Handler { return &peer{Conn: c, heard: echo, closed: make(chan error, 1)} })
		}))
		defer srv.Close()
		c := wstest.Dial(t, srv.URL, "/")
		done := make(chan error)
		go func() { done <- s.Close(context.Background()) }()
		c.WantClose(ws.CloseGoingAway)
		_ = c.Conn.Close()
		if err := <-done; err != nil {
			t.Errorf("Close: %v", err)
		}
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if first, second := <-answers, <-answers; first != nil || !errors.Is(second, ws.ErrServerClosed) {
			t.Errorf("Upgrade = %v, then %v; want success, then ErrServerClosed", first, second)
		}
	})
}

// A peer that neither reads nor closes cannot hold up Close beyond its context.
func TestServer_CloseCutsOffWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		s := ws.NewServer(ws.Options{Loops: loops})
		peers := make(chan *peer, 1)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = s.Upgrade(w, r, func(c ws.Conn) ws.Handler {
				p := &peer{Conn: c, heard: echo, closed: make(chan error, 1)}
				peers <- p
				return p
			})
		}))
		defer srv.Close()
		wstest.Dial(t, srv.URL, "/")
		(<-peers).Send(ws.TextFrame(make([]byte, 16<<20)))
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := s.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Close = %v, want the context's error", err)
		}
	})
}
