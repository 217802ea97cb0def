package socketio_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// authWith is a login of tom with an installation.
func authWith(install string) string {
	return `{"app":"a","sign":"good","client":"tom","install":"` + install + `"}`
}

// login connects a session that was dialled.
func login(c *wstest.Client) {
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
}

// Section 4: a logout unbinds the installation that it names, else that of the login, and ends the stay; the session
// stays and may log in again.
func TestLogout(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, auth, event, want string }{
		{"its own", authWith("i1"), `["logout"]`, "[tom/i1]"},
		{"null", authWith("i1"), `["logout",null]`, "[tom/i1]"},
		{"empty object", authWith("i1"), `["logout",{}]`, "[tom/i1]"},
		{"another", authWith("i1"), `["logout",{"install":"i2"}]`, "[tom/i2]"},
		{"object as text", authWith("i1"), `["logout","{\"install\":\"i2\"}"]`, "[tom/i2]"},
		{"without any", auth("tom"), `["logout",{}]`, "[]"},
		{"named by who has none", auth("tom"), `["logout",{"install":"i2"}]`, "[tom/i2]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			var unbound []string
			f.logout = func(_ context.Context, user im.UserID, install im.InstallID) error {
				unbound = append(unbound, string(user)+"/"+string(install))
				return nil
			}
			c := f.dial(tc.auth)
			login(c)
			c.Send("42/chat," + tc.event)
			c.Want("41/chat,")
			if got := fmt.Sprint(unbound); got != tc.want {
				t.Errorf("unbound %s, want %s", got, tc.want)
			}
			if n := f.hub.Sessions("a", "tom"); n != 0 {
				t.Errorf("%d sessions are left", n)
			}
			c.Send(say("1", "jerry", "ignored"))
			alive(t, c)
			login(c)
			if n := f.hub.Sessions("a", "tom"); n != 1 {
				t.Errorf("%d sessions after the return, want 1", n)
			}
		})
	}
}

// What makes no sense, or is not possible, changes nothing; the client may say it again.
func TestLogout_NotDone(t *testing.T) {
	t.Parallel()
	f := serve(t)
	calls := 0
	f.logout = func(context.Context, im.UserID, im.InstallID) error {
		if calls++; calls == 1 {
			return im.E("x", im.Unavailable, "")
		}
		return nil
	}
	c := f.dial(authWith("i1"))
	c.Send(`42/chat,["logout"]`) // before the login
	login(c)
	for _, odd := range []string{`["logout",5]`, `["logout",["i1"]]`, `["logout","i1"]`, `["logout",{"install":"a b"}]`, `["logout"`} {
		c.Send("42/chat," + odd)
	}
	c.Send(`42/chat,["logout"]`)
	c.Send(`42/chat,["logout"]`)
	c.Want("41/chat,") // of the second that made sense
	if calls != 2 {
		t.Errorf("%d logouts were carried out, want 2", calls)
	}
	alive(t, c)
}

// A login that follows a logout comes after it, so that what it binds stays bound; and it is not ended by it.
func TestLogout_ThenLogin(t *testing.T) {
	t.Parallel()
	f := serve(t)
	started, release := make(chan bool), make(chan bool)
	var did []string
	f.login = func(context.Context, im.UserID, im.InstallID) error {
		did = append(did, "login")
		return nil
	}
	f.logout = func(context.Context, im.UserID, im.InstallID) error {
		started <- true
		<-release
		did = append(did, "logout")
		return nil
	}
	c := f.dial(authWith("i1"))
	login(c)
	c.Send(`42/chat,["logout"]`)
	<-started
	c.Send("41/chat")
	c.Send("40/chat")
	alive(t, c)
	close(release)
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	alive(t, c)
	if got := fmt.Sprint(did); got != "[login logout login]" {
		t.Errorf("did %s", got)
	}
}

// A client that goes away right after it said so is logged out all the same.
func TestLogout_OfWhoIsGone(t *testing.T) {
	t.Parallel()
	f := serve(t)
	started, release := make(chan bool), make(chan bool)
	done := false
	f.logout = func(context.Context, im.UserID, im.InstallID) error {
		started <- true
		<-release
		done = true
		return nil
	}
	c := f.dial(authWith("i1"))
	login(c)
	c.Send(`42/chat,["logout"]`)
	<-started
	_ = c.Conn.Close()
	eventually(t, "the session has left", func() bool { return f.hub.Sessions("a", "tom") == 0 })
	close(release)
	if err := f.srv.Close(context.Background()); err != nil || !done {
		t.Errorf("Close = %v, logged out = %v", err, done)
	}
}
