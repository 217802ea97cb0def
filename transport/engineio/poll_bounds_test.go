package engineio_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// A client that takes too long for an answer is slow, as it would be by WebSocket.
func TestPoll_AnswerThatIsNotTakenIsSlow(t *testing.T) {
	t.Parallel()
	slow := make(chan struct{}, 2)
	opts := engineio.Options{}
	opts.WebSocket.WriteTimeout = 100 * time.Millisecond
	opts.WebSocket.OnSlow = func() { slow <- struct{}{} }
	s := serveWith(t, opts)
	c, l := s.poll(t, polltest.Rev4)
	l.Send(make([]byte, 64<<20))
	s.get(t, c)
	l.wantReason(t, engineio.ReasonSlow)
	<-slow
}

// What waits for polls is bounded as for a WebSocket; one frame is always taken.
func TestPoll_WhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	slow := make(chan struct{}, 2)
	opts := engineio.Options{}
	opts.WebSocket.MaxPendingBytes = 1000
	opts.WebSocket.OnSlow = func() { slow <- struct{}{} }
	s := serveWith(t, opts)
	c, l := s.poll(t, polltest.Text3)
	large := "4" + strings.Repeat("x", 2000)
	l.Send([]byte(large))
	c.Want(large)
	const fit = 1000 / (2 + 2 + 32) // packet, header, overhead
	for range 2 {
		for range fit {
			l.Send([]byte("4x"))
		}
		if got := c.MustGet(""); len(got) != fit {
			t.Fatalf("got %d packets, want %d", len(got), fit)
		}
	}
	for range fit + 2 {
		l.Send([]byte("4x"))
	}
	l.wantReason(t, engineio.ReasonSlow)
	c.WantFault(http.MethodGet, "", nil, 1)
	if n := s.clock.Timers(); n != 0 || len(slow) != 1 {
		t.Errorf("%d timers are set, slow %d times", n, len(slow))
	}
}

// Section 3.5 and 3.10: bodies that make no sense are refused and end the session.
func TestPoll_FoulBodiesEndTheSession(t *testing.T) {
	t.Parallel()
	s := serve(t)
	long := strings.Repeat("x", 1_000_001)
	for _, tc := range []struct {
		name        string
		dialect     polltest.Dialect
		contentType string
		body        string
	}{
		{"a lying length", polltest.Text3, "text/plain", "5:4x"},
		{"a negative length", polltest.Text3, "text/plain", "-5:4x"},
		{"text as binary", polltest.Binary3, "Application/Octet-Stream; x=y", "2:4x"},
		{"binary as text", polltest.Binary3, "text/plain", "\x00\x02\xff4x"},
		{"binary by revision 4", polltest.Rev4, "application/octet-stream", "4x"},
		{"no UTF-8", polltest.Rev4, "text/plain", "4\xff"},
		{"too long", polltest.Rev4, "text/plain", long},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, l := s.poll(t, tc.dialect)
			c.WantFault(http.MethodPost, tc.contentType, strings.NewReader(tc.body), 3)
			l.wantReason(t, engineio.ReasonViolation)
			c, l = s.poll(t, tc.dialect)
			chunked := struct{ *strings.Reader }{strings.NewReader(tc.body)} // its length is not announced
			c.WantFault(http.MethodPost, tc.contentType, chunked, 3)
			l.wantReason(t, engineio.ReasonViolation)
		})
	}
	c, l := s.poll(t, polltest.Rev4)
	most := long[:999_999]
	c.MustPost("4" + most)
	c.Want("4" + most)
	conn := s.raw(t, "POST "+c.Path("polling")+" HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4x")
	conn.Close() //nolint:errcheck // it is to break
	l.wantReason(t, engineio.ReasonGone)
}

// The handler is held back as by a WebSocket: while the session is paused a post waits, and silence does not count.
func TestPoll_PauseHoldsPosts(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 4)
	var session *engineio.Session
	s := serveWith(t, engineio.Options{Open: func(e *engineio.Session, _ engineio.Handshake) engineio.Handler {
		session = e
		return hearer{e, heard}
	}})
	c := polltest.Open(t, s.url, polltest.Text3, "")
	answered := make(chan error, 1)
	go func() { answered <- c.Post(t.Context(), "4pause", "4b", "4c") }()
	wantHeard(t, heard, "pause")
	s.clock.Advance(10 * time.Minute)
	if len(heard) > 0 || len(answered) > 0 {
		t.Errorf("%d packets and %d answers went on", len(heard), len(answered))
	}
	session.Resume()
	wantHeard(t, heard, "b", "c")
	if err := <-answered; err != nil {
		t.Error(err)
	}
	go func() { answered <- c.Post(t.Context(), "4pause", "4b") }()
	wantHeard(t, heard, "pause")
	session.Close(engineio.ReasonTimeout)
	if err := <-answered; err == nil || !strings.Contains(err.Error(), `"code":1`) {
		t.Errorf("what was not heard is answered with %v", err)
	}
}

// hearer notes what it hears, and pauses when it is told.
type hearer struct {
	*engineio.Session
	heard chan string
}

func (h hearer) OnMessage(data []byte) {
	if string(data) == "pause" {
		h.Pause()
	}
	h.heard <- string(data)
}

func (h hearer) OnClose(engineio.Reason) {}

func wantHeard(t *testing.T, heard chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		select {
		case got := <-heard:
			if got != w {
				t.Fatalf("heard %s, want %s", got, w)
			}
		case <-time.After(wstest.Timeout):
			t.Fatalf("%s was not heard", w)
		}
	}
}
