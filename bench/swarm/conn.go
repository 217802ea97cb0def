package swarm

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/gobwas/ws"
)

// conn is one member's connection. After the login its fields belong to run, but for sock, whose methods anybody may call.
type conn struct {
	swarm  *Swarm
	member int
	sock   net.Conn
	raw    syscall.RawConn
	// rest is the beginning of a frame whose end has not come.
	rest []byte
	// failed is why receive ended the connection.
	failed error

	// beat is the interval of pings in the open packet. Constant after the login.
	beat time.Duration
	// pinged belongs to tend.
	pinged time.Time
}

var (
	errPeerClosed = errors.New("the server closed the connection")
	errDismissed  = errors.New("the server told the member to leave")
)

// run hears until the connection ends.
func (c *conn) run() {
	err := c.raw.Read(c.receive)
	for errors.Is(err, os.ErrDeadlineExceeded) && c.sock.SetReadDeadline(time.Time{}) == nil {
		err = c.raw.Read(c.receive) // woken by tend, to look again
	}
	_ = c.sock.Close() // the peer may have closed it
	if c.swarm.opts.OnEnd != nil && !c.swarm.closing.Load() {
		c.swarm.opts.OnEnd(c.member, firstOf(c.failed, err))
	}
}

// receive reads what there is and hears it. The runtime calls it at first and whenever more has come, until it returns
// true. A read that was not filled has emptied the socket; the next bytes are an event of their own.
func (c *conn) receive(fd uintptr) (ended bool) {
	d := c.swarm.desks.take()
	defer c.swarm.desks.give(d)
	for {
		b, full, err := d.fill(int(fd), c.rest)
		if err == nil && len(b) > 0 {
			err = c.hear(d.ear, b)
		}
		if err != nil {
			c.failed = err
			return true
		}
		if !full {
			return false
		}
	}
}

// hear hears all whole frames of b and keeps the rest.
func (c *conn) hear(ear Ear, b []byte) error {
	ear.Begin()
	defer ear.End()
	for {
		op, payload, size, err := Cut(b)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		if err := c.take(ear, op, payload); err != nil {
			return err
		}
		b = b[size:]
	}
	c.rest = append(c.rest[:0], b...)
	return nil
}

func (c *conn) take(ear Ear, op ws.OpCode, payload []byte) error {
	switch {
	case op == ws.OpClose:
		code, text := ws.ParseCloseFrameData(payload)
		return fmt.Errorf("%w (%d %s)", errPeerClosed, code, text)
	case op == ws.OpPing:
		return c.write(frameOf(ws.OpPong, payload))
	case op == ws.OpText && len(payload) > 0:
		return c.packet(ear, payload)
	}
	return nil
}

// packet takes an Engine.IO packet. All but messages and the pings of Engine.IO 4 are ignored.
func (c *conn) packet(ear Ear, p []byte) error {
	switch {
	case p[0] == '4' && len(p) > 1 && p[1] == '1':
		return errDismissed
	case p[0] == '4':
		ear.Hear(c.member, p)
	case p[0] == '2':
		return c.send([]byte("3" + string(p[1:])))
	}
	return nil
}

func (c *conn) send(packet []byte) error { return c.write(frameOf(ws.OpText, packet)) }

func (c *conn) write(frame []byte) error {
	if err := c.sock.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.sock.Write(frame)
	return err
}

// close says goodbye and makes run end. A write that waits for the server is given up.
func (c *conn) close() {
	_ = c.sock.SetWriteDeadline(time.Now().Add(goodbyeTimeout)) // all of these fail on one that has ended
	_, _ = c.sock.Write(frameOf(ws.OpText, []byte("41/chat,")))
	_ = c.sock.Close()
}
