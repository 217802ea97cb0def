package engineio_test

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/enginetest"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/reentry"
)

// hooked is a connection that calls hook before its deadline for reading is set.
type hooked struct {
	reentry.Conn
	hook func(time.Time)
}

func (c *hooked) SetReadDeadline(t time.Time) error {
	c.hook(t)
	return c.Conn.SetReadDeadline(t)
}

// hooks is a listener of such connections.
type hooks struct {
	net.Listener
	hook func(time.Time)
}

func (l hooks) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &hooked{reentry.Conn{TCPConn: nc.(*net.TCPConn)}, l.hook}, nil
}

// What is sent at the moment at which a parked poll begins to wait is not slept over, though its deadline is cleared there.
//
// Checked by breaking it: when the deadline is cleared after the look for something to send, no answer comes.
func TestPark_WhatIsSentAsItBeginsToWaitArrives(t *testing.T) {
	t.Parallel()
	var session atomic.Pointer[listener]
	hook := func(t time.Time) {
		if l := session.Load(); l != nil && t.IsZero() && l.IsAtRest() {
			session.Store(nil)
			l.Send([]byte("4x"))
		}
	}
	s := serveOn(t, engineio.Options{}, func(l net.Listener) net.Listener { return hooks{l, hook} })
	p, l := s.poll(t, polltest.Rev4)
	for range 3 {
		session.Store(l)
		p.Want("4x")
	}
}

// lateClock is a clock whose timers cannot be stopped: they have always begun to ring.
type lateClock struct{ enginetest.Clock }

type lateTimer struct{ engineio.Timer }

func (c *lateClock) AfterFunc(d time.Duration, f func()) engineio.Timer {
	return lateTimer{c.Clock.AfterFunc(d, f)}
}

func (lateTimer) Stop() bool { return false }

// A timer that rings too late for a parked poll does not disturb what its connection has come back for.
//
// Checked by breaking it: when the end of a poll leaves it its connection, that is touched.
func TestPark_LateTimersDoNotTouchTheConnection(t *testing.T) {
	t.Parallel()
	clock := &lateClock{}
	var past atomic.Int64 // deadlines that make reads end at once
	hook := func(t time.Time) {
		if !t.IsZero() && time.Until(t) < 0 {
			past.Add(1)
		}
	}
	s := serveOn(t, engineio.Options{Clock: clock}, func(l net.Listener) net.Listener { return hooks{l, hook} })
	p, l := s.poll(t, polltest.Rev4)
	c := s.rawClient(t, p)
	socket := p.WebSocket()
	socket.Send("2probe")
	socket.Want("3probe")
	for range 3 {
		p.Want("6")
	}
	c.write(c.request("GET", ""))
	eventually(t, "the poll is parked", l.IsAtRest)
	timers := clock.Timers()
	l.Send([]byte("4x"))
	c.want("GET", 200, "4x")
	_ = socket.Conn.Close()
	eventually(t, "the upgrade has failed", func() bool { return !l.IsProbed() })
	before := past.Load()
	clock.Advance(100 * time.Millisecond)
	if n := clock.Timers(); n != timers-1 || past.Load() != before {
		t.Errorf("%d timers are set, want one less than %d; the connection was touched %d times", n, timers, past.Load()-before)
	}
	c.write(c.request("POST", "4y"))
	c.want("POST", 200, "ok")
	c.write(c.request("GET", ""))
	c.want("GET", 200, "4y")
}
