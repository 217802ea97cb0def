package socketio_test

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// Sections 3.9 and 4: a refusal is CONNECT answer, login event with its code, DISCONNECT, and only then, a moment later, the end
// of the transport; what is said meanwhile is not heard. The other refusals are in TestWire_LoginsAreAnsweredAsDocumented.
func TestLogin_Refused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, auth, code string }{
		{"no auth", "", "5001"},
		{"wrong signature", `{"app":"a","sign":"bad","client":"tom"}`, "5003"},
		{"passenger with too much", `{"app":"a","sign":"good","passenger":{"id":"rich"}}`, "5010"},
		{"failure", auth("broken"), "5002"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			f.login = func(_ context.Context, user im.UserID, _ im.InstallID) error {
				if user == "broken" {
					return errors.New("bug")
				}
				return nil
			}
			f.welcome = func(context.Context, im.PassengerID, []dispatch.Attribute) (im.PassengerID, error) {
				return "", im.E("x", im.TooLong, "")
			}
			c := f.dial(tc.auth)
			c.Send("40/chat")
			c.Want("40/chat,", `42/chat,["login",{"success":false,"error":`+tc.code+`}]`, "41/chat,")
			eventually(t, "the end is being waited for", func() bool { return f.clock.Timers() == 2 })
			c.Send("40/chat")
			c.Send(say("1", "jerry", "x"))
			f.clock.Advance(499 * time.Millisecond)
			alive(t, c)
			f.clock.Advance(time.Millisecond)
			c.WantClose(ws.CloseNormal)
			if n := f.hub.Sessions("a", "tom"); n != 0 {
				t.Errorf("%d sessions in the hub", n)
			}
		})
	}
}

// Section 3.9: when nobody can say whether the login is right, only the transport is closed.
func TestLogin_UnavailableClosesTheTransportOnly(t *testing.T) {
	t.Parallel()
	for _, kind := range []im.ErrorKind{im.Unavailable, im.Overloaded, im.Retry} {
		f := serve(t)
		f.login = func(context.Context, im.UserID, im.InstallID) error { return im.E("x", kind, "") }
		c := f.dial(auth("tom"))
		c.Send("40/chat")
		if op, payload, ok := c.Next(); !ok || op != wstest.Close {
			t.Errorf("%v: got opcode %d, %q; want a close frame", kind, op, payload)
		}
	}
}

// A client that leaves, or is gone, before its login is checked, is never online.
func TestLogin_TooLate(t *testing.T) {
	t.Parallel()
	f := serve(t)
	entered, release := make(chan bool), make(chan bool)
	f.login = func(context.Context, im.UserID, im.InstallID) error {
		entered <- true
		<-release
		return nil
	}
	left, gone := f.dial(auth("tom")), f.dial(auth("tom"))
	for _, c := range []*wstest.Client{left, gone} {
		c.Send("40/chat")
		<-entered
	}
	left.Send("41/chat")
	alive(t, left)
	_ = gone.Conn.Close()
	eventually(t, "the session has ended", func() bool { return f.hooks.String() == "1 open, map[connection lost:1], 0 slow" })
	close(release)
	left.Send("40/chat") // comes after the first login in its lane
	<-entered
	left.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	if n := f.hub.Sessions("a", "tom"); n != 1 {
		t.Errorf("%d sessions, want the one that came back", n)
	}
}

// The answer to the CONNECT is the first that comes, also when the hub has something at once: clients drop what comes
// before it. Fails when admit lets the hub send first.
func TestLogin_AnswersBeforeItDelivers(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.hub.admitted = func() {
		f.hub.Announce(im.User("a", "tom"), &pb.Announce{Online: []string{"jerry"}})
	}
	c := f.dial(auth("tom"))
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["online","jerry"]`, `42/chat,["login",{"success":true,"id":"tom"}]`)
}

// A session is known to the hub while its login is being decided, so that its user's rooms are kept; however that ends,
// but well, nothing of it stays behind. Fails when refuse does not leave the hub, or leaveLocked only what is online.
func TestLogin_LeavesNothingInTheHub(t *testing.T) {
	t.Parallel()
	room := im.Room("a", "lounge")
	for _, tc := range []struct {
		name string
		err  error
		end  func(*wstest.Client)
	}{
		{"disconnect", nil, func(c *wstest.Client) { c.Send("41/chat") }},
		{"close", nil, func(c *wstest.Client) { _ = c.Conn.Close() }},
		{"refusal", im.E("x", im.NotPermitted, ""), nil},
		{"failure", errors.New("bug"), nil},
		{"nobody answers", im.E("x", im.Unavailable, ""), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			entered, release := make(chan bool), make(chan bool)
			f.login = func(ctx context.Context, user im.UserID, _ im.InstallID) error {
				f.hub.Listen(im.User("a", user), true, []im.RoomID{"lounge"}, nil)
				entered <- f.hub.Attended(room)
				select {
				case <-release:
				case <-ctx.Done(): // the test failed
				}
				return tc.err
			}
			c := f.dial(auth("tom"))
			c.Send("40/chat")
			if !<-entered {
				t.Error("the rooms of a login under way are not kept")
			}
			if tc.end != nil {
				tc.end(c)
				eventually(t, "the session has left", func() bool { return !f.hub.Attended(room) })
			}
			close(release)
			eventually(t, "the session has left", func() bool { return !f.hub.Attended(room) })
			if n := f.hub.Sessions("a", "tom"); n != 0 {
				t.Errorf("%d sessions", n)
			}
		})
	}
}

// A login whose turn comes when its client has left again is not carried out at all.
func TestLogin_SkipsWhoHasLeft(t *testing.T) {
	t.Parallel()
	f := serve(t)
	logins, release := make(chan bool, 3), make(chan bool)
	f.login = func(context.Context, im.UserID, im.InstallID) error {
		logins <- true
		<-release
		return nil
	}
	c := f.dial(auth("tom"))
	for _, p := range []string{"40/chat", "41/chat", "40/chat", "41/chat", "40/chat"} {
		c.Send(p)
	}
	alive(t, c)
	close(release)
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	if n := len(logins); n > 2 || n == 0 {
		t.Errorf("%d logins were carried out, want the first, which was under way, and the last", n)
	}
}

// connected4 matches the answer to a CONNECT of revision 4.
var connected4 = regexp.MustCompile(`^40(/chat,)?\{"sid":"[A-Za-z0-9_-]{22}"\}$`)

func (f *fixture) dial4(auth string) *wstest.Client {
	f.t.Helper()
	c := wstest.Dial(f.t, f.url, "/socket.io/?EIO=4&transport=websocket&auth="+url.QueryEscape(auth))
	c.Text()
	return c
}

// Section 3.7: the login of revision 4, in the query or in the CONNECT; the query counts first.
func TestLogin_Revision4(t *testing.T) {
	t.Parallel()
	f := serve(t)
	for _, tc := range []struct{ name, query, connect, login string }{
		{"query", auth("tom"), "40/chat", `{"success":true,"id":"tom"}`},
		{"query before body", auth("tom"), "40/chat," + auth("jerry"), `{"success":true,"id":"tom"}`},
		{"body", "", "40/chat," + auth("tom"), `{"success":true,"id":"tom"}`},
		{"body with auth as text", "", `40/chat,{"auth":"{\"app\":\"a\",\"sign\":\"good\",\"client\":\"tom\"}"}`, `{"success":true,"id":"tom"}`},
		{"none", "", "40/chat,", `{"success":false,"error":5001}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := f.dial4(tc.query)
			c.Send(tc.connect)
			if got := c.Text(); !connected4.MatchString(got) {
				t.Errorf("CONNECT answered with %s", got)
			}
			c.Want(`42/chat,["login",` + tc.login + `]`)
		})
	}
	c := f.dial4(auth("tom"))
	c.Send("40/other,{}")
	c.Want(`44/other,{"message":"Invalid namespace"}`)
	c.Send("40")
	if got := c.Text(); !connected4.MatchString(got) {
		t.Errorf("root CONNECT answered with %s", got)
	}
}

// Section 3.7: a session of revision 4 without a CONNECT, or with one to what does not exist, ends after about 45 s; with
// one that joins something it stays.
func TestLogin_Revision4MustConnect(t *testing.T) {
	t.Parallel()
	f := serve(t)
	idle, lost, busy := f.dial4(""), f.dial4(""), f.dial4(auth("tom"))
	busy.Send("40/chat")
	busy.Text()
	busy.Text()
	f.clock.Advance(44 * time.Second) // a ping falls into this time
	for _, c := range []*wstest.Client{idle, lost, busy} {
		c.Want("2")
		c.Send("3")
	}
	for _, c := range []*wstest.Client{lost, busy} {
		c.Send("40/other,") // its answer shows that the pong was taken
		c.Want(`44/other,{"message":"Invalid namespace"}`)
	}
	f.clock.Advance(time.Second)
	idle.WantClose(ws.CloseNormal)
	lost.WantClose(ws.CloseNormal)
	if n := f.hub.Sessions("a", "tom"); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}
