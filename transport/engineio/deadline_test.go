package engineio_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
)

// A server's own times for requests and answers are for those who dawdle: a poll that waits for packets, parked or not, and a
// POST that waits for its turn, are answered long after those times have passed.
//
// Checked by breaking it: when answers get no time of their own, none arrives that was not parked.
func TestPoll_WaitsLongerThanTheServersTimes(t *testing.T) {
	t.Parallel()
	const times = 300 * time.Millisecond
	for name, after := range map[string]time.Duration{"parked": time.Nanosecond, "not parked": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan string, 4)
			sessions := make(chan *engineio.Session, 1)
			_, web := start(t, engineio.Options{ParkAfter: after, Open: func(e *engineio.Session, _ engineio.Handshake) engineio.Handler {
				sessions <- e
				return hearer{e, heard}
			}}, func(_ *engineio.Options, web *httptest.Server) {
				web.Config.ReadTimeout, web.Config.WriteTimeout = times, times
			})
			c := polltest.Open(t, web.URL, polltest.Rev4, "")
			session := <-sessions
			waiting := c.Wait()
			answered := make(chan error, 1)
			go func() { answered <- c.Post(t.Context(), "4pause", "4b") }()
			wantHeard(t, heard, "pause")
			eventually(t, "the poll waits", session.IsAtRest)
			<-time.After(4 * times)
			session.Send([]byte("4x"))
			waiting.Want("4x")
			session.Resume()
			if err := <-answered; err != nil {
				t.Error(err)
			}
			wantHeard(t, heard, "b")
		})
	}
}
