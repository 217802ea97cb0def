package engineio_test

import (
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/ws"
)

// Whenever a session begins, its ping and its end are never early, and late by a turn of the wheel at most.
//
// Checked by breaking it: with turns that are rounded down the ping comes before the echo.
func TestHeartbeat_IsLateByATurnAtMost(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.clock.Advance(engineio.MaxPace / 3)
	c, l := s.dial(t, rev4)
	s.clock.Advance(25*time.Second - time.Nanosecond)
	c.Send("4x")
	c.Want("4x")
	s.clock.Advance(engineio.MaxPace)
	c.Want("2")
	s.clock.Advance(20*time.Second - engineio.MaxPace)
	c.Send("4y")
	c.Want("4y")
	s.clock.Advance(engineio.MaxPace)
	c.WantClose(ws.CloseNormal)
	l.wantReason(t, engineio.ReasonTimeout)
}

// A tick that was taken from the wheel, but is overtaken by a pong, does not bring the next ping early, nor the end.
//
// Checked by breaking it: when a tick does not ask whether another was set, the ping comes before the echo.
func TestHeartbeat_TickThatWasOvertakenMeansNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.dial(t, rev4)
	s.clock.Advance(25 * time.Second)
	c.Want("2")
	c.Send("3")
	c.Send("4x") // its echo shows that the pong was taken
	c.Want("4x")
	l.Tick()
	c.Send("4y")
	c.Want("4y")
	s.clock.Advance(25 * time.Second)
	c.Want("2")
}

// However many sessions there are, their heartbeats have one timer, and none when the sessions are gone.
//
// Checked by breaking it: when a wheel that is empty leaves its timer set, one is left.
func TestHeartbeat_OneTimerServesAll(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var all []*listener
	for _, path := range []string{rev3, rev4, rev3, rev4} {
		_, l := s.dial(t, path)
		all = append(all, l)
	}
	if n, beats := s.clock.Timers(), s.engine.Beats(); n != 1 || beats != len(all) {
		t.Errorf("%d timers are set for %d heartbeats, want 1 for %d", n, beats, len(all))
	}
	for _, l := range all {
		l.Close("test")
		l.wantReason(t, "test")
	}
	if n, beats := s.clock.Timers(), s.engine.Beats(); n != 0 || beats != 0 {
		t.Errorf("%d timers and %d heartbeats are left", n, beats)
	}
}
