package engineio_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// Section 3.5: of two polls at a time the second is refused and ends the session, the first gets a goodbye. The same holds for
// posts: the first is held by the pause of the session.
func TestPoll_OneRequestOfEachKindAtATime(t *testing.T) {
	eachDialect(t, func(t *testing.T, s *server, c *polltest.Client, l *listener) {
		answers := make(chan polltest.Answer, 2)
		both := func(method, body string) {
			for range 2 {
				go func() {
					a, err := c.Do(t.Context(), method, "", c.PostType(), strings.NewReader(body))
					if err != nil {
						t.Error(err)
					}
					answers <- a
				}()
			}
		}
		both(http.MethodGet, "")
		bye, refused := <-answers, <-answers
		if bye.Status != http.StatusOK {
			bye, refused = refused, bye
		}
		if bye.Body != c.Encode("1") || refused.Status != http.StatusBadRequest || refused.Code != 3 {
			t.Errorf("got %+v and %+v", bye, refused)
		}
		l.wantReason(t, engineio.ReasonViolation)

		c, l = s.poll(t, c.Dialect)
		l.Pause()
		both(http.MethodPost, c.Encode("4x"))
		refused, cut := <-answers, <-answers
		if refused.Code != 3 {
			refused, cut = cut, refused
		}
		if refused.Code != 3 || cut.Code != 1 {
			t.Errorf("got %+v and %+v", refused, cut)
		}
		l.wantReason(t, engineio.ReasonViolation)
	})
}

// Section 5.4: a client whose waiting poll breaks is gone at once.
func TestPoll_BrokenPollEndsTheSession(t *testing.T) {
	eachDialect(t, func(t *testing.T, s *server, c *polltest.Client, l *listener) {
		s.get(t, c).Close() //nolint:errcheck // it is to break
		l.wantReason(t, engineio.ReasonGone)
		c.WantFault(http.MethodGet, "", nil, 1)
		if n := s.clock.Timers(); n != 0 {
			t.Errorf("%d timers are set", n)
		}
	})
}

// What a poll has taken and cannot deliver is not lost in silence: the session ends.
func TestPoll_LostAnswerEndsTheSession(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Rev4)
	l.Send(make([]byte, 64<<20))
	conn := s.get(t, c)
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	conn.Close() //nolint:errcheck // it is to break
	l.wantReason(t, engineio.ReasonGone)
}

// Section 3.9: what a session says last reaches the client whether a poll waits or not, and so does the goodbye; a post
// meanwhile does no harm. The session is gone for its handler at once, and after a while for everybody.
func TestPoll_CloseReachesTheClient(t *testing.T) {
	eachDialect(t, func(t *testing.T, s *server, c *polltest.Client, l *listener) {
		l.Send([]byte("41/chat,"))
		l.Close("refused")
		l.wantReason(t, "refused")
		l.Send([]byte("4late"))
		c.MustPost("4x")
		c.Want("41/chat,", "1")
		c.WantFault(http.MethodGet, "", nil, 1)
		c.WantFault(http.MethodPost, "", nil, 1)

		c, l = s.poll(t, c.Dialect)
		waiting := wait(t, c, l)
		l.Close("refused")
		waiting.Want("1")
		l.wantReason(t, "refused")
		c.WantFault(http.MethodGet, "", nil, 1)

		c, l = s.poll(t, c.Dialect)
		l.Close("refused")
		l.wantReason(t, "refused")
		s.clock.Advance(15 * time.Second)
		c.WantFault(http.MethodGet, "", nil, 1)
		if n := s.clock.Timers(); n != 0 {
			t.Errorf("%d timers are set", n)
		}
	})
}

// Section 3.4 holds for polling, too: revision 3 is gone when nothing comes, not even a poll; revision 4 when no pong does.
func TestPoll_Heartbeat(t *testing.T) {
	eachDialect(t, func(t *testing.T, s *server, c *polltest.Client, l *listener) {
		if c.Dialect == polltest.Rev4 {
			s.clock.Advance(25 * time.Second)
			c.Want("2")
			s.clock.Advance(19 * time.Second)
			c.MustPost("3")
			s.clock.Advance(25 * time.Second)
			c.Want("2")
			waiting := wait(t, c, l)
			s.clock.Advance(20 * time.Second)
			waiting.Want("1")
		} else {
			s.clock.Advance(84 * time.Second)
			c.MustPost("2")
			s.clock.Advance(84 * time.Second)
			c.Want("3")
			s.clock.Advance(84 * time.Second)
			c.MustPost("6")
			s.clock.Advance(86 * time.Second)
		}
		l.wantReason(t, engineio.ReasonTimeout)
		c.WantFault(http.MethodGet, "", nil, 1)
		if n := s.clock.Timers(); n != 0 {
			t.Errorf("%d timers are set", n)
		}
	})
}

// Section 3.9: when the server closes, waiting polls are let go, what waits for polls is forgotten, and no request is served
// any more. The bodies of posts are not waited for.
func TestPoll_EngineCloses(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Rev4)
	waiting := wait(t, c, l)
	d, m := s.poll(t, polltest.Text3)
	s.raw(t, "POST "+d.Path("polling")+" HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4x")
	eventually(t, "a post is read", m.IsPosted)
	left, n := s.poll(t, polltest.Text3)
	n.Close("refused")
	n.wantReason(t, "refused")
	ctx, cancel := context.WithTimeout(t.Context(), wstest.Timeout)
	defer cancel()
	if err := s.engine.Close(ctx); err != nil {
		t.Error(err)
	}
	waiting.Want("1")
	l.wantReason(t, engineio.ReasonShutdown)
	m.wantReason(t, engineio.ReasonShutdown)
	a, err := left.Do(t.Context(), http.MethodGet, "", "", nil)
	if err != nil || a.Status != http.StatusServiceUnavailable || a.Code != 5013 {
		t.Errorf("got %+v, %v", a, err)
	}
	if n := s.clock.Timers(); n != 0 {
		t.Errorf("%d timers are set", n)
	}
}

// A client that does not take its last answer does not keep the server: it is cut when time is up.
func TestPoll_EngineCutsWhoDoesNotTakeAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.poll(t, polltest.Rev4)
	l.Send(make([]byte, 64<<20))
	conn := s.get(t, c)
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.engine.Close(ctx); err == nil {
		t.Error("Close says that nobody was cut")
	}
	l.wantReason(t, engineio.ReasonShutdown)
}
