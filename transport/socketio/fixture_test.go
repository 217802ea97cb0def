package socketio_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/enginetest"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/socketio"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backend stands for everything behind the edge. Its functions may be replaced before the server is used.
type backend struct {
	login   func(context.Context, im.UserID, im.InstallID) error
	welcome func(context.Context, im.PassengerID, []dispatch.Attribute) (im.PassengerID, error)
	logout  func(context.Context, im.UserID, im.InstallID) error
	say     func(context.Context, dispatch.Say) (dispatch.Said, error)
	sayLive func(dispatch.Say, func(dispatch.Said, error))
}

// newBackend returns one to which everything is fine.
func newBackend() backend {
	fine := func(context.Context, im.UserID, im.InstallID) error { return nil }
	return backend{
		login: fine, logout: fine,
		welcome: func(_ context.Context, p im.PassengerID, _ []dispatch.Attribute) (im.PassengerID, error) {
			return p, nil
		},
		say:     func(context.Context, dispatch.Say) (dispatch.Said, error) { return dispatch.Said{N: 1, TS: 5}, nil },
		sayLive: func(_ dispatch.Say, done func(dispatch.Said, error)) { done(dispatch.Said{TS: 5}, nil) },
	}
}

// VerifySign knows one app and one signature.
func (b *backend) VerifySign(app im.AppID, sign string) error {
	if app != "a" || sign != "good" {
		return im.E("", im.NotPermitted, "")
	}
	return nil
}

func (b *backend) Login(ctx context.Context, _ im.AppID, user im.UserID, install im.InstallID) error {
	return b.login(ctx, user, install)
}

func (b *backend) Welcome(
	ctx context.Context, _ im.AppID, p im.PassengerID, set []dispatch.Attribute,
) (im.PassengerID, error) {
	return b.welcome(ctx, p, set)
}

func (b *backend) Logout(ctx context.Context, _ im.AppID, user im.UserID, install im.InstallID) error {
	return b.logout(ctx, user, install)
}

func (b *backend) Say(ctx context.Context, s dispatch.Say) (dispatch.Said, error) {
	return b.say(ctx, s)
}

func (b *backend) SayLive(s dispatch.Say, done func(dispatch.Said, error)) { b.sayLive(s, done) }

// hooks counts.
type hooks struct {
	mu      sync.Mutex
	open    int
	slow    int
	reasons map[engineio.Reason]int
}

func (h *hooks) OnConnect() { h.count(func() { h.open++ }) }
func (h *hooks) OnSlow()    { h.count(func() { h.slow++ }) }

func (h *hooks) OnDisconnect(reason engineio.Reason) {
	h.count(func() { h.open--; h.reasons[reason]++ })
}

func (h *hooks) count(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

func (h *hooks) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return fmt.Sprint(h.open, " open, ", h.reasons, ", ", h.slow, " slow")
}

// eagerHub is a hub in which something happens as soon as a session has entered, is admitted, or has left.
type eagerHub struct {
	*hub.Hub
	entered, left func(im.Address)
	admitted      func()
}

func (h *eagerHub) Enter(who im.Address, s hub.Session, notifyAll bool) {
	h.Hub.Enter(who, s, notifyAll)
	h.entered(who)
}

func (h *eagerHub) Leave(who im.Address, s hub.Session) {
	h.Hub.Leave(who, s)
	h.left(who)
}

func (h *eagerHub) Admit(who im.Address, s hub.Session) {
	h.Hub.Admit(who, s)
	h.admitted()
}

// newEagerHub returns one in which nothing happens.
func newEagerHub() *eagerHub {
	nothing := func(im.Address) {}
	return &eagerHub{Hub: hub.New(hub.Options{}), entered: nothing, left: nothing, admitted: func() {}}
}

// fixture is a server with a real hub, on a clock that stands still.
type fixture struct {
	backend
	t     *testing.T
	clock enginetest.Clock
	hub   *eagerHub
	hooks hooks
	srv   *socketio.Server
	url   string
}

func serve(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{
		backend: newBackend(), t: t, hub: newEagerHub(),
		hooks: hooks{reasons: map[engineio.Reason]int{}},
	}
	f.srv = socketio.New(socketio.Options{
		Auth: f, Commands: f, Hub: f.hub, Hooks: &f.hooks, Clock: &f.clock,
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		WebSocket: ws.Options{MaxPendingBytes: 256 << 10},
	})
	web := httptest.NewServer(f.srv)
	f.url = web.URL
	wstest.CloseAtEnd(t, web, f.srv)
	return f
}

func auth(user string) string { return `{"app":"a","sign":"good","client":"` + user + `"}` }

// dial opens a session of revision 3 and reads what comes unasked. auth = "" leaves the parameter out.
func (f *fixture) dial(auth string) *wstest.Client {
	f.t.Helper()
	path := "/socket.io/?EIO=3&transport=websocket"
	if auth != "" {
		path += "&auth=" + url.QueryEscape(auth)
	}
	c := wstest.Dial(f.t, f.url, path)
	if open := c.Text(); !strings.HasPrefix(open, `0{"sid":"`) {
		f.t.Fatalf("first packet %s", open)
	}
	c.Want("40")
	return c
}

// loggedIn opens a session of user.
func (f *fixture) loggedIn(user string) *wstest.Client {
	f.t.Helper()
	c := f.dial(auth(user))
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"`+user+`"}]`)
	return c
}

// alive fails the test unless the session answers at once, with nothing queued before.
func alive(t *testing.T, c *wstest.Client) {
	t.Helper()
	c.Send("2alive")
	c.Want("3alive")
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(wstest.Timeout); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not reached: %s", what)
		}
	}
}

// say is the packet of a message to a friend; id is that of the acknowledgement, "" = none.
func say(id, to, body string) string {
	return `42/chat,` + id + `["say",{"to":{"id":"` + to + `"},"content":{"media":0,"body":"` + body + `"}}]`
}

// sayIn is the packet of a message in a room.
func sayIn(id, room, body string) string {
	return `42/chat,` + id + `["say",{"to":{"id":"` + room + `","type":2},"content":{"body":"` + body + `"}}]`
}
