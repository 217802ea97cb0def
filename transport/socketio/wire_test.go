package socketio_test

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/wiretest"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// Each packet of the tables of package wiretest, said to a server by who has not connected and by who is logged in, is answered as
// the protocol says, and with nothing else; the session goes on unless the packet ends it.
//
// Checked by breaking it: with a namespace that ends at commas only, and with answers for ack ids over 0 alone, it fails.
func TestWire_PacketsAreAnsweredAsDocumented(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Packets {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			react(t, tc, f.dial(auth("tom")), tc.Early)
			react(t, tc, f.loggedIn("tom"), tc.Online)
		})
	}
}

func react(t *testing.T, tc wiretest.Packet, c *wstest.Client, want []string) {
	t.Helper()
	c.Send(tc.Text)
	if tc.Ends {
		c.WantClose(ws.CloseNormal)
		return
	}
	c.Want(want...)
	alive(t, c)
}

// Each login of the tables of package wiretest is let in as who it says, or refused with its code (section 3.9): after the CONNECT
// is answered, and with a DISCONNECT.
//
// Checked by breaking it: when a client's id counts before a passenger's, it fails.
func TestWire_LoginsAreAnsweredAsDocumented(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Logins {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			installs := make(chan im.InstallID, 1)
			f.login = func(_ context.Context, _ im.UserID, install im.InstallID) error {
				installs <- install
				return nil
			}
			c := f.dial(tc.Text)
			c.Send("40/chat")
			if tc.Error != 0 {
				c.Want("40/chat,", fmt.Sprintf(`42/chat,["login",{"success":false,"error":%d}]`, tc.Error), "41/chat,")
				f.clock.Advance(time.Minute)
				c.WantClose(ws.CloseNormal)
				return
			}
			c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"`+tc.ID+`"}]`)
			if tc.Mode == 1 {
				if got := <-installs; string(got) != tc.Install {
					t.Errorf("logged in with the installation %q, want %q", got, tc.Install)
				}
			}
			if got := f.hub.NotifiesAll(im.User("a", im.UserID(tc.ID))); got != tc.NotifyAll {
				t.Errorf("notifies all: %v, want %v", got, tc.NotifyAll)
			}
		})
	}
}

// Each logout of the tables of package wiretest unbinds the installation that it means and tells the client to stay away; what
// makes no sense is refused, and changes nothing.
func TestWire_LogoutsAreAnsweredAsDocumented(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Logouts {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			unbound := make(chan im.InstallID, 1)
			f.logout = func(_ context.Context, _ im.UserID, install im.InstallID) error {
				unbound <- install
				return nil
			}
			c := f.dial(authWith("own"))
			login(c)
			event := `42/chat,["logout",` + tc.Text + `]`
			if tc.Text == "" {
				event = `42/chat,["logout"]`
			}
			c.Send(event)
			if tc.Malformed {
				alive(t, c)
				if n := f.hub.Sessions("a", "tom"); n != 1 || len(unbound) != 0 {
					t.Errorf("%d sessions, %d unbound; want 1, 0", n, len(unbound))
				}
				return
			}
			c.Want("41/chat,")
			if got := <-unbound; got != im.InstallID(cmp.Or(tc.Install, "own")) {
				t.Errorf("unbound %s, want %q or its own", got, tc.Install)
			}
		})
	}
}
