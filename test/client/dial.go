package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Options says whom to log in, and where.
type Options struct {
	// Addr is the host:port of the server's client listener.
	Addr string
	App  string
	// Sign is the login signature, see Sign.
	Sign string
	User string
	// Passenger is the object of a passenger's login (mode 5), which is used instead of User's; "" = a user logs in.
	Passenger string
	// NotifyAll asks that those who are no friends hear of the user's presence, too.
	NotifyAll bool
	// Install is the id of the installation (docs/protocol.md section 4), "" = none.
	Install string
	// Revision of Engine.IO, 3 or 4; zero means 4.
	Revision int
	// Polling says that the session is polled (docs/protocol.md 3.5), with text frames; else it is a WebSocket.
	Polling bool
	// TLS is how to speak to a server whose listener speaks TLS; nil = it does not.
	TLS *tls.Config
	// On hears every event except `login`, from the connection's goroutine; it must not block. nil = nobody listens.
	On func(event string, arg json.RawMessage)
}

// RefusedError is returned by Dial when the server refused the login.
type RefusedError struct {
	// Code is the wire code, docs/protocol.md section 4.
	Code int
}

// Error names the code.
func (e *RefusedError) Error() string { return fmt.Sprintf("login refused with %d", e.Code) }

// errEnded is returned when the server closed the connection before it answered the login.
var errEnded = errors.New("connection ended before the login was answered")

// Dial connects, logs in and waits for the answer. It returns a *RefusedError when the server said no.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	if o.Revision == 0 {
		o.Revision = 4
	}
	l, err := o.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", o.Addr, err)
	}
	c := newConn(o, l)
	go c.run()
	return c, c.awaitLogin(ctx)
}

// Insist is Dial, again and again while the server is busy or chooses a leader, or ends what may have missed something.
func Insist(ctx context.Context, o Options) (*Conn, error) {
	const unavailable, overloaded = 5013, 5014
	for {
		c, err := Dial(ctx, o)
		var refused *RefusedError
		isBusy := errors.As(err, &refused) && (refused.Code == unavailable || refused.Code == overloaded)
		if !isBusy && !errors.Is(err, errEnded) {
			return c, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return c, err
		}
	}
}

func (o Options) connect(ctx context.Context) (link, error) {
	if o.Polling {
		return newPoll(o.scheme("http")+o.Addr+"/socket.io/?"+o.query("polling"), o.Revision, o.TLS), nil
	}
	return dialSocket(ctx, o.scheme("ws")+o.Addr+"/socket.io/?"+o.query("websocket"), o.TLS)
}

// scheme begins a URL.
func (o Options) scheme(plain string) string {
	if o.TLS != nil {
		plain += "s"
	}
	return plain + "://"
}

// query is that of the handshake.
func (o Options) query(transport string) string {
	login := map[string]any{"app": o.App, "sign": o.Sign, "client": o.User}
	if o.Install != "" {
		login["install"] = o.Install
	}
	if o.Passenger != "" {
		login["passenger"] = json.RawMessage(o.Passenger)
	}
	if o.NotifyAll {
		login["notifyAll"] = true
	}
	auth, _ := json.Marshal(login)
	q := url.Values{"auth": {string(auth)}, "transport": {transport}, "EIO": {fmt.Sprint(o.Revision)}}
	if o.Polling && o.Revision == 3 {
		q.Set("b64", "1") // text frames
	}
	return q.Encode()
}

func (c *Conn) awaitLogin(ctx context.Context) error {
	select {
	case answer := <-c.login:
		return c.judge(answer)
	case <-ctx.Done():
		c.Cut()
		return fmt.Errorf("log in: %w", ctx.Err())
	case <-c.done:
		select { // the answer may have come just before the end
		case answer := <-c.login:
			return c.judge(answer)
		default:
			return errEnded
		}
	}
}

func (c *Conn) judge(answer loginAnswer) error {
	if answer.Success {
		c.id = answer.ID
		return nil
	}
	<-c.done // the server ends a refused session
	return &RefusedError{Code: answer.Error}
}
