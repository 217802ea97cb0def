package swarm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/gobwas/ws"
)

// longAgo as a deadline makes reads return at once.
var longAgo = time.Unix(1, 0)

// dial connects a member and logs it in (MaxIM protocol, sections 4 and 11).
func (s *Swarm) dial(ctx context.Context, member int, user string) (*conn, error) {
	sock, early, _, err := ws.Dial(ctx, s.url(user))
	if err != nil {
		return nil, err
	}
	c := &conn{swarm: s, member: member, sock: sock}
	if early != nil {
		b, _ := early.Peek(early.Buffered())
		c.rest = slices.Clone(b)
		ws.PutReader(early)
	}
	stop := context.AfterFunc(ctx, func() { _ = sock.SetDeadline(longAgo) })
	defer stop()
	if err := c.handshake(); err != nil {
		_ = sock.Close() // it is of no use
		return nil, firstOf(ctx.Err(), err)
	}
	return c, c.expose()
}

func (s *Swarm) url(user string) string {
	auth, _ := json.Marshal(map[string]string{"app": s.opts.App, "sign": s.sign, "client": user})
	q := url.Values{"auth": {string(auth)}, "transport": {"websocket"}, "EIO": {strconv.Itoa(s.opts.Revision)}}
	return "ws://" + s.host + "/socket.io/?" + q.Encode()
}

// firstOf returns the first that is an error: the end of a context explains the broken read that it caused.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// expose gets hold of the socket itself, for reads without a buffer of its own.
func (c *conn) expose() (err error) {
	tcp, ok := c.sock.(*net.TCPConn)
	if !ok {
		return fmt.Errorf("%T is no TCP connection", c.sock)
	}
	c.raw, err = tcp.SyscallConn()
	return err
}

var errEnded = errors.New("the server ended the connection before it answered")

// handshake takes packets until the login is answered, or the session open if there is to be none. What came after that answer stays in rest.
func (c *conn) handshake() error {
	for {
		op, payload, size, err := Cut(c.rest)
		if err != nil {
			return err
		}
		if size == 0 {
			if err := c.more(); err != nil {
				return err
			}
			continue
		}
		c.rest = c.rest[size:]
		if op == ws.OpClose {
			return errEnded
		}
		if done, err := c.greet(payload); done || err != nil {
			c.rest = slices.Clone(c.rest)
			return err
		}
	}
}

// more reads on.
func (c *conn) more() error {
	var b [2048]byte
	n, err := c.sock.Read(b[:])
	c.rest = append(c.rest, b[:n]...)
	return orEnded(err)
}

// orEnded says of the ways in which a connection may end, depending on who closed it first, what they mean.
func orEnded(err error) error {
	for _, end := range []error{io.EOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return errEnded
		}
	}
	return err
}

var loginEvent = []byte(`42/chat,["login",`)

// greet answers one packet of the handshake; done means that the login is accepted, or is not what the swarm is for.
func (c *conn) greet(packet []byte) (done bool, err error) {
	if answer, ok := bytes.CutPrefix(packet, loginEvent); ok {
		return true, judge(answer)
	}
	if len(packet) > 0 && packet[0] == '0' {
		if err := c.open(packet[1:]); err != nil {
			return false, err
		}
		if c.swarm.opts.NoLogin {
			return true, nil
		}
		return false, orEnded(c.send([]byte("40/chat,")))
	}
	return false, nil
}

// open reads the open packet (section 3.2).
func (c *conn) open(text []byte) error {
	var params struct{ PingInterval int64 }
	if err := json.Unmarshal(text, &params); err != nil {
		return fmt.Errorf("open packet: %w", err)
	}
	c.beat = time.Duration(params.PingInterval) * time.Millisecond
	return nil
}

// judge reads the payload of the `login` event, with the bracket that ends the packet.
func judge(text []byte) error {
	var answer struct {
		Success bool
		Error   int
	}
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte("]")), &answer); err != nil {
		return fmt.Errorf("login event: %w", err)
	}
	if !answer.Success {
		return fmt.Errorf("the server refused the login with %d", answer.Error)
	}
	return nil
}
