package engineio_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// stickPost begins a POST of one message, x and the rest, which does not come unless the test writes it.
func (s *server) stickPost(t *testing.T, c *polltest.Client, l *listener) (conn net.Conn, rest string) {
	t.Helper()
	conn = s.raw(t, "POST "+c.Path("polling")+" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n4x")
	eventually(t, "a post is read", l.IsPosted)
	return conn, "yyyyyyyyy"
}

// stickGet begins a poll whose answer is not taken.
func (s *server) stickGet(t *testing.T, c *polltest.Client, l *listener) {
	t.Helper()
	l.Send(make([]byte, 64<<20))
	if _, err := s.get(t, c).Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

// A session that ended while a request of it was stuck is found when the engine closes: the POST is not waited for, the GET is
// cut off when time is up.
//
// Checked by breaking it: when the end forgets the session whatever is in progress, Close waits for both requests, which the
// server's own times would end at last.
func TestEngine_CloseEndsRequestsOfEndedSessions(t *testing.T) {
	t.Parallel()
	opts := engineio.Options{}
	opts.WebSocket.WriteTimeout = time.Hour
	for name, stick := range map[string]func(*testing.T, *server, *polltest.Client, *listener){
		"a post whose body does not come": func(t *testing.T, s *server, c *polltest.Client, l *listener) {
			s.stickPost(t, c, l)
			s.clock.Advance(45 * time.Second)
			l.wantReason(t, engineio.ReasonTimeout)
		},
		"a poll whose answer is not taken": func(t *testing.T, s *server, c *polltest.Client, l *listener) {
			s.stickGet(t, c, l)
			s.clock.Advance(25 * time.Second) // there is no room for the ping
			l.wantReason(t, engineio.ReasonSlow)
		},
		"a poll that was to take the goodbye": func(t *testing.T, s *server, c *polltest.Client, l *listener) {
			s.stickGet(t, c, l)
			l.Close("refused")
			l.wantReason(t, "refused")
			s.clock.Advance(15 * time.Second)
		},
		"a post of a session that was upgraded": func(t *testing.T, s *server, c *polltest.Client, l *listener) {
			s.stickPost(t, c, l)
			socket, _ := c.Upgrade()
			eventually(t, "the session is upgraded", func() bool { return !l.IsProbed() })
			l.Close("refused")
			socket.WantClose(ws.CloseNormal)
			l.wantReason(t, "refused")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveWith(t, opts)
			c, l := s.poll(t, polltest.Rev4)
			stick(t, s, c, l)
			c.WantFault(http.MethodGet, "", nil, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			closed := make(chan struct{})
			go func() {
				_ = s.engine.Close(ctx) // an error says that something was cut
				close(closed)
			}()
			select {
			case <-closed:
			case <-time.After(wstest.Timeout):
				t.Error("Close waits, though its time is up")
			}
		})
	}
}

// What is kept of an ended session for the sake of a request goes with the request, and makes no session that polls of it.
//
// Checked by breaking it: when the end of a request forgets nothing, one is left each time; when such a session counts among
// those that poll, no other can be opened meanwhile.
func TestEngine_ForgetsEndedSessionsWithTheirRequests(t *testing.T) {
	t.Parallel()
	s := serveWith(t, engineio.Options{MaxPolling: 1})
	c, l := s.poll(t, polltest.Rev4)
	post, rest := s.stickPost(t, c, l)
	s.clock.Advance(45 * time.Second)
	l.wantReason(t, engineio.ReasonTimeout)

	c, l = s.poll(t, polltest.Rev4)
	s.stickGet(t, c, l)
	s.clock.Advance(25 * time.Second) // there is no room for the ping
	l.wantReason(t, engineio.ReasonSlow)

	if n := s.engine.Sessions(); n != 2 {
		t.Errorf("%d sessions are kept, want 2", n)
	}
	if _, err := io.WriteString(post, rest); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first is forgotten", func() bool { return s.engine.Sessions() == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.engine.Close(ctx); err == nil {
		t.Error("Close says that nobody was cut")
	}
	if n := s.engine.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// While a POST holds back the WebSocket that its client went over to, silence does not count, since what is not read may be the
// pong that is waited for; afterwards it does.
//
// Checked by breaking it: when the heartbeat hears of Pause and Resume alone, the session ends with a ping timeout.
func TestUpgrade_PostThatIsStuckIsNotSilence(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Rev4)
	post, rest := s.stickPost(t, c, l)
	socket, _ := c.Upgrade()
	eventually(t, "the session is upgraded", func() bool { return !l.IsProbed() })
	s.clock.Advance(25 * time.Second)
	socket.Want("2")
	socket.Send("3")
	s.clock.Advance(20 * time.Second)
	if len(l.closed) > 0 {
		t.Fatalf("closed: %s", <-l.closed)
	}
	if _, err := io.WriteString(post, rest); err != nil {
		t.Fatal(err)
	}
	socket.Want("4x" + rest)
	socket.Send("4z") // its echo shows that the pong was taken
	socket.Want("4z")
	s.clock.Advance(25 * time.Second)
	socket.Want("2")
	s.clock.Advance(20 * time.Second)
	socket.WantClose(ws.CloseNormal)
	l.wantReason(t, engineio.ReasonTimeout)
}

// POSTs that are heard at once give a client of revision 4 no more time for its pong.
//
// Checked by breaking it: when each POST tells the heartbeat that reading goes on, the session lives.
func TestPoll_PostsAreNoPong(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Rev4)
	s.clock.Advance(25 * time.Second)
	c.Want("2")
	s.clock.Advance(19 * time.Second)
	c.MustPost("4x")
	s.clock.Advance(time.Second)
	l.wantReason(t, engineio.ReasonTimeout)
}
