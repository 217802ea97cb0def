package engineio_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws"
)

// Sessions that are let go hear goodbye, by WebSocket and by their polls, and who comes then is served.
//
// Checked by breaking it: with Close in its place the new session is refused.
func TestLetGo_EndsThoseThatAreThere(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.dial(t, rev4)
	p, polled := s.poll(t, polltest.Rev4)
	s.engine.LetGo(t.Context(), time.Millisecond)
	c.WantClose(ws.CloseGoingAway)
	l.wantReason(t, engineio.ReasonShutdown)
	if a, err := p.Do(t.Context(), http.MethodGet, "", p.PostType(), nil); err != nil || a.Body != p.Encode("1") {
		t.Errorf("the next poll got %+v, %v; want a goodbye", a, err)
	}
	polled.wantReason(t, engineio.ReasonShutdown)
	s.dial(t, rev4)
}

// It takes its time, and stops when it is to.
func TestLetGo_TakesItsTimeAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, first := s.dial(t, rev4)
	_, second := s.dial(t, rev4)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.engine.LetGo(ctx, time.Hour)
	}()
	select { // one at once, the other after half an hour
	case <-first.closed:
	case <-second.closed:
	}
	cancel()
	<-done
	if len(first.closed)+len(second.closed) > 0 {
		t.Error("both are gone")
	}
}
