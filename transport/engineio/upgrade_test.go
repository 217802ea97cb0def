package engineio_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// Section 3.6, step by step: a poll that waits is let go when the probe comes, messages go on both ways by polling, and what
// waits at the end comes by the WebSocket; from then on polling is refused.
func TestUpgrade_Steps(t *testing.T) {
	eachDialect(t, func(t *testing.T, s *server, c *polltest.Client, l *listener) {
		waiting := wait(t, c, l)
		socket := c.WebSocket()
		socket.Send("2probe")
		socket.Want("3probe")
		waiting.Want("6")
		c.MustPost("4a", "6")
		c.Want("4a")
		c.MustPost("4b", "4c")
		l.Send([]byte("4d"))
		socket.Send("5")
		socket.Send("4e")
		socket.Want("4b", "4c", "4d", "4e")
		c.WantFault(http.MethodGet, "", nil, 3)
		c.WantFault(http.MethodPost, "", nil, 3)
		s.wantRefused(t, c, 3)
		if c.Dialect == polltest.Rev4 {
			s.clock.Advance(25 * time.Second)
			socket.Want("2")
		} else {
			socket.Send("2")
			socket.Want("3")
		}
		socket.Send("1")
		socket.WantClose(ws.CloseNormal)
		l.wantReason(t, engineio.ReasonClient)
		c.WantFault(http.MethodGet, "", nil, 1)
		s.wantRefused(t, c, 1)
		if n := s.clock.Timers(); n != 0 {
			t.Errorf("%d timers are set", n)
		}
	})
}

// wantRefused fails the test unless a WebSocket for the session is refused with that code.
func (s *server) wantRefused(t *testing.T, c *polltest.Client, code int) {
	t.Helper()
	res, body := request(t, s, http.MethodGet, c.Path("websocket"), "", true)
	if want := map[int]string{1: `{"code":1,"message":"Session ID unknown"}`, 3: `{"code":3,"message":"Bad request"}`}[code]; res.StatusCode != http.StatusBadRequest || body != want {
		t.Errorf("got %s %s, want %s", res.Status, body, want)
	}
}

// During an upgrade the poll that waits is let go at once, and so are three more, for clients that have not read the answer to
// their probe; each other after a pause, so that a client whose WebSocket is deaf does not poll in a circle.
func TestUpgrade_PollsAreLetGo(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Rev4)
	waiting := wait(t, c, l)
	socket := c.WebSocket()
	socket.Send("2probe")
	waiting.Want("6")
	for range 3 {
		c.Want("6")
	}
	for range 3 {
		waiting := wait(t, c, l)
		timers := s.clock.Timers()
		eventually(t, "the poll is timed", func() bool { return timers == 3 || s.clock.Timers() == 3 })
		s.clock.Advance(99 * time.Millisecond)
		if waiting.Done() {
			t.Fatal("let go at once")
		}
		s.clock.Advance(time.Millisecond)
		waiting.Want("6")
	}
	waiting = wait(t, c, l)
	l.Send([]byte("4x"))
	waiting.Want("4x")
}

// Whatever else happens on the WebSocket, or nothing, ends the attempt; polling goes on, nothing is lost, and another attempt
// succeeds.
func TestUpgrade_FailedOnesLeavePolling(t *testing.T) {
	t.Parallel()
	for name, send := range map[string][]string{
		"nothing":         {},
		"a message":       {"4x"},
		"another ping":    {"2"},
		"5 too early":     {"5"},
		"a second probe":  {"2probe", "2probe"},
		"a message later": {"2probe", "4x"},
		"1":               {"2probe", "1"},
		"rubbish":         {""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			c, l := s.poll(t, polltest.Text3)
			timers := s.clock.Timers()
			waiting := wait(t, c, l)
			socket := c.WebSocket()
			s.wantRefused(t, c, 3)
			for _, packet := range send {
				socket.Send(packet)
			}
			switch len(send) {
			case 0: // the client may know of its WebSocket a moment before the server times it
				eventually(t, "the attempt is timed", func() bool { return s.clock.Timers() == timers+1 })
				s.clock.Advance(10 * time.Second)
				fallthrough
			case 1:
				l.Send([]byte("4still"))
				waiting.Want("4still")
			default:
				socket.Want("3probe")
				waiting.Want("6")
			}
			socket.WantClose(ws.CloseNormal)
			_ = socket.Conn.Close()
			wantPolling(t, s, c, l, timers)
		})
	}
	t.Run("the connection breaks", func(t *testing.T) {
		t.Parallel()
		s := serve(t)
		c, l := s.poll(t, polltest.Binary3)
		timers := s.clock.Timers()
		waiting := wait(t, c, l)
		socket := c.WebSocket()
		socket.Send("2probe")
		socket.Want("3probe")
		_ = socket.Conn.Close()
		waiting.Want("6")
		wantPolling(t, s, c, l, timers)
	})
	t.Run("the handshake is malformed", func(t *testing.T) {
		t.Parallel()
		s := serve(t)
		c, l := s.poll(t, polltest.Rev4)
		timers := s.clock.Timers()
		if res, _ := request(t, s, http.MethodGet, c.Path("websocket"), "", true); res.StatusCode != http.StatusUpgradeRequired && res.StatusCode != http.StatusBadRequest {
			t.Errorf("got %s", res.Status)
		}
		if res, _ := request(t, s, http.MethodGet, c.Path("websocket"), "", false); res.StatusCode != http.StatusBadRequest {
			t.Errorf("got %s", res.Status)
		}
		wantPolling(t, s, c, l, timers)
	})
}

// wantPolling fails the test unless the session is polled as before a failed upgrade, and can be upgraded. timers were set then.
func wantPolling(t *testing.T, s *server, c *polltest.Client, l *listener, timers int) {
	t.Helper()
	eventually(t, "the attempt is over", func() bool { return !l.IsProbed() })
	if n := s.clock.Timers(); n != timers {
		t.Errorf("%d timers are set, want %d", n, timers)
	}
	waiting := wait(t, c, l)
	c.MustPost("4x")
	waiting.Want("4x")
	c.MustPost("4y")
	socket, last := c.Upgrade()
	if len(last) != 1 || last[0] != "4y" {
		t.Errorf("the last poll got %q", last)
	}
	socket.Send("4z")
	socket.Want("4z")
}

// What a POST holds that is under way when the session moves to the WebSocket comes before what the WebSocket brings.
//
// Checked by breaking it: when the WebSocket is read while a POST is at work, d is heard second.
func TestUpgrade_PostUnderWayGoesFirst(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 8)
	sessions := make(chan *engineio.Session, 1)
	s := serveWith(t, engineio.Options{Open: func(e *engineio.Session, _ engineio.Handshake) engineio.Handler {
		sessions <- e
		return hearer{e, heard}
	}})
	c := polltest.Open(t, s.url, polltest.Binary3, "")
	session := <-sessions
	answered := make(chan error, 1)
	go func() { answered <- c.Post(t.Context(), "4pause", "4b", "4c") }()
	wantHeard(t, heard, "pause")
	socket, _ := c.Upgrade()
	socket.Send("4d")
	eventually(t, "the session is upgraded", func() bool { return !session.IsProbed() })
	session.Resume()
	wantHeard(t, heard, "b", "c", "d")
	if err := <-answered; err != nil {
		t.Error(err)
	}
	socket.Send("4pause")
	wantHeard(t, heard, "pause")
	socket.Send("4f")
	session.Resume()
	wantHeard(t, heard, "f")
}

// A POST that waits for its turn while its session, upgraded meanwhile, ends is answered, and keeps nobody.
//
// Checked by breaking it: when only the end of polling wakes it, it waits for ever.
func TestUpgrade_PostThatWaitsIsLetGoAtTheEnd(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 8)
	sessions := make(chan *engineio.Session, 1)
	s := serveWith(t, engineio.Options{Open: func(e *engineio.Session, _ engineio.Handshake) engineio.Handler {
		sessions <- e
		return hearer{e, heard}
	}})
	c := polltest.Open(t, s.url, polltest.Binary3, "")
	session := <-sessions
	answered := make(chan error, 1)
	go func() { answered <- c.Post(t.Context(), "4pause", "4b") }()
	wantHeard(t, heard, "pause")
	socket, _ := c.Upgrade()
	eventually(t, "the session is upgraded", func() bool { return !session.IsProbed() })
	session.Close("refused")
	socket.WantClose(ws.CloseNormal)
	if err := <-answered; err == nil || !strings.Contains(err.Error(), `"code":1`) {
		t.Errorf("answered with %v", err)
	}
}

// A poll that breaks while its client goes over to the WebSocket, or after that, says nothing about the client.
func TestUpgrade_BrokenPollIsNoEnd(t *testing.T) {
	eachDialect(t, func(t *testing.T, s *server, c *polltest.Client, l *listener) {
		conn := s.get(t, c)
		eventually(t, "a poll waits", l.IsAtRest)
		socket := c.WebSocket() // not probed yet, so the poll is not let go
		_ = conn.Close()
		eventually(t, "the poll is over", func() bool { return !l.IsPolled() })
		socket.Send("2probe")
		socket.Want("3probe")
		socket.Send("5")
		socket.Send("4x")
		socket.Want("4x")
		if len(l.closed) > 0 {
			t.Error("the session has ended")
		}
	})
}

// A poll that waits when the client moves, though it should not, is let go.
func TestUpgrade_PollThatWaitsIsLetGo(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Text3)
	socket := c.WebSocket()
	socket.Send("2probe")
	socket.Want("3probe")
	for range 3 {
		c.Want("6")
	}
	waiting := wait(t, c, l)
	socket.Send("5")
	waiting.Want("6")
}

// A session that is closed during an upgrade still tells its client why: by a poll, or by the WebSocket.
func TestUpgrade_CloseReachesTheClient(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, byPoll := range []bool{true, false} {
		c, l := s.poll(t, polltest.Rev4)
		socket := c.WebSocket()
		socket.Send("2probe")
		socket.Want("3probe")
		c.Want("6")
		l.Send([]byte("41/chat,"))
		l.Close("refused")
		l.wantReason(t, "refused")
		if byPoll {
			c.Want("41/chat,", "1")
			socket.Send("5")
		} else {
			socket.Send("5")
			socket.Want("41/chat,", "1")
		}
		socket.WantClose(ws.CloseNormal)
		_ = socket.Conn.Close()
		c.WantFault(http.MethodGet, "", nil, 1)
	}
	eventually(t, "no timer is set", func() bool { return s.clock.Timers() == 0 })
}

// The end of a session, and that of the server, close a WebSocket that is only tried.
func TestUpgrade_EndsCloseTheProbe(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Rev4)
	socket := c.WebSocket()
	c.MustPost("1")
	l.wantReason(t, engineio.ReasonClient)
	socket.WantClose(ws.CloseNormal)
	_ = socket.Conn.Close()
	c, l = s.poll(t, polltest.Rev4)
	socket = c.WebSocket()
	done := make(chan error, 1)
	go func() { done <- s.engine.Close(t.Context()) }()
	l.wantReason(t, engineio.ReasonShutdown)
	if op, _, ok := socket.Next(); !ok || op != 8 {
		t.Error("no close frame came")
	}
	_ = socket.Conn.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A session that began by WebSocket is not polled.
func TestUpgrade_WebSocketSessionsAreNotPolled(t *testing.T) {
	t.Parallel()
	s := serve(t)
	socket := wstest.Dial(t, s.url, rev4)
	_, sid, _ := strings.Cut(socket.Text(), `"sid":"`)
	c := polltest.New(t, s.url, polltest.Rev4)
	c.SID, _, _ = strings.Cut(sid, `"`)
	c.WantFault(http.MethodGet, "", nil, 3)
	c.WantFault(http.MethodPost, "", nil, 3)
	s.wantRefused(t, c, 3)
	socket.Send("4x")
	socket.Want("4x")
}

// A poll of a session that has gone over to its WebSocket is refused, and is no sign of life.
//
// Checked by breaking it: when a poll counts before it is looked at, the session lives.
func TestUpgrade_RefusedPollIsNoSignOfLife(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Text3)
	socket, _ := c.Upgrade()
	eventually(t, "the session is upgraded", func() bool { return !l.IsProbed() })
	s.clock.Advance(84 * time.Second)
	c.WantFault(http.MethodGet, "", nil, 3)
	s.clock.Advance(time.Second)
	socket.WantClose(ws.CloseNormal)
	l.wantReason(t, engineio.ReasonTimeout)
}
