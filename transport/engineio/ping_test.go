package engineio_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// The data of a ping is said back up to 125 bytes. A longer ping is not answered, but it is a sign of life, from which the
// time of silence begins anew. A ping of the WebSocket, which is no packet of the session's and thus no sign of life, shows
// that the long one was taken before the clock goes on.
//
// Checked by breaking it: without the bound the answer to the long ping comes in place of the echo; with long pings kept
// from the heartbeat the session ends before it.
func TestPing_LongOnesAreASignOfLifeOnly(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, l := s.dial(t, rev3)
	most := strings.Repeat("p", 125)
	c.Send("2" + most)
	c.Want("3" + most)
	s.clock.Advance(84 * time.Second)
	c.Send("2" + most + "p")
	wantTaken(t, c)
	s.clock.Advance(84 * time.Second)
	c.Send("4x")
	c.Want("4x")
	s.clock.Advance(86 * time.Second)
	c.WantClose(ws.CloseNormal)
	l.wantReason(t, engineio.ReasonTimeout)
}

// wantTaken waits until the server has taken everything that c sent.
func wantTaken(t *testing.T, c *wstest.Client) {
	t.Helper()
	c.Raw(wstest.Frame(0x80|wstest.Ping, true, nil))
	if op, payload, ok := c.Next(); op != wstest.Pong {
		t.Fatalf("got opcode %d, %.20q, %v; want a pong", op, payload, ok)
	}
}
