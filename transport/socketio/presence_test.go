package socketio_test

import (
	"testing"
	"time"

	"github.com/parley-im/parley/transport/ws/wstest"
)

// However a session ends, the hub has it no more: a goodbye on /chat, one of the transport, a socket that breaks, and a
// client that falls silent for longer than revision 3 allows.
func TestSession_EveryEndLeavesTheHub(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*fixture, *wstest.Client){
		"DISCONNECT":      func(_ *fixture, c *wstest.Client) { c.Send("41/chat") },
		"close packet":    func(_ *fixture, c *wstest.Client) { c.Send("1") },
		"broken socket":   func(_ *fixture, c *wstest.Client) { c.Conn.Close() }, //nolint:errcheck // that is the point
		"missed pings":    func(f *fixture, _ *wstest.Client) { f.clock.Advance(86 * time.Second) },
		"server shutdown": func(f *fixture, _ *wstest.Client) { go f.srv.Close(t.Context()) }, //nolint:errcheck // the fixture looks at it
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			c := f.loggedIn("tom")
			if n := f.hub.Sessions("a", "tom"); n != 1 {
				t.Fatalf("%d sessions, want 1", n)
			}
			end(f, c)
			eventually(t, "tom has no session", func() bool { return f.hub.Sessions("a", "tom") == 0 })
		})
	}
}
