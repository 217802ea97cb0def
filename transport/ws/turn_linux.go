package ws

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"
)

// turn does what is due, in the loop: events is what the system says of the socket.
func (c *looped) turn(events uint32) {
	if !c.isServed() {
		return
	}
	if events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		c.flush()
	}
	c.feed(c.takeUnread(), true)
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		c.read()
	}
	if c.mayTell() {
		c.handler.OnClose(c.reason())
	}
	if c.settle() {
		c.ended()
	}
}

func (c *looped) isServed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.started && !c.mu.closed
}

// takeUnread returns what came before the connection was paused, if it is not paused any more.
func (c *looped) takeUnread() (unread []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.reason == nil && !c.mu.paused {
		unread, c.mu.unread = c.mu.unread, nil
	}
	return unread
}

// read reads once; if there is more, the system will say so again.
func (c *looped) read() {
	hears, discards := c.mayRead()
	if !hears && !discards {
		return
	}
	n, err := syscall.Read(int(c.fd), c.loop.buf)
	switch {
	case err == unix.EAGAIN, err == unix.EINTR: //nolint:errorlint // a system call returns the bare number
	case err != nil:
		c.abort(err)
	case n == 0:
		c.abort(io.EOF)
	case hears:
		c.feed(c.loop.buf[:n], false)
	}
}

// mayRead reports whether the socket is to be read, and whether what comes is handed over or discarded. NB: what was read before
// goes first; the turn for that comes, when somebody resumes the connection between a look at it and this one.
func (c *looped) mayRead() (hears, discards bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.reason == nil && !c.mu.paused && len(c.mu.unread) == 0, c.mu.lingering
}

// feed hands over the messages in what came, until the connection is paused or ends. What is left then is kept if it is the
// connection's own, or else copied.
func (c *looped) feed(came []byte, own bool) {
	if len(came) == 0 {
		return
	}
	in := c.decoder()
	defer c.rest(in)
	for len(came) > 0 && c.hears(came, own) {
		op, payload, rest, err := in.next(came)
		if came = rest; err != nil {
			c.fail(err)
			return
		}
		switch op {
		case 0:
			return
		case ws.OpText:
			c.handler.OnText(payload)
		case ws.OpPing:
			c.pong(payload)
		case ws.OpClose:
			c.peerClosed(payload)
		default:
			panic(fmt.Sprintf("ws: the decoder handed over opcode %d", op))
		}
	}
}

// decoder returns what knows what has come of a message, the loop's when that is nothing.
func (c *looped) decoder() *decoder {
	switch {
	case c.in != nil:
		return c.in
	case c.loop.in == nil:
		return &decoder{max: c.server.opts.MaxMessageBytes}
	}
	in := c.loop.in
	c.loop.in = nil
	return in
}

// rest leaves the decoder to the loop between messages.
func (c *looped) rest(in *decoder) {
	if in.isAtRest() {
		c.in, c.loop.in = nil, in
	} else {
		c.in = in
	}
}

// hears reports whether messages may be handed over. What came is kept when they may be later.
func (c *looped) hears(came []byte, own bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.reason == nil && c.mu.paused {
		if !own {
			came = slices.Clone(came)
		}
		c.mu.unread = came
	}
	return c.mu.reason == nil && !c.mu.paused
}

func (c *looped) fail(err error) {
	var v *Violation
	if !errors.As(err, &v) {
		panic(fmt.Sprintf("ws: the decoder failed with %v", err))
	}
	c.end(v, v.Code)
}

// pong answers a ping. The flusher writes: of many pings at a time the last is answered.
func (c *looped) pong(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.out.setPong(pongFrame(payload))
	c.flushSoonLocked()
}

// peerClosed answers a close frame.
func (c *looped) peerClosed(payload []byte) {
	code, err := closeAnswer(payload)
	if err != nil {
		c.fail(err)
		return
	}
	c.end(ErrPeerClosed, code)
}

func (c *looped) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.reason
}

// mayTell reports whether the handler is to hear of the end, which it does once.
func (c *looped) mayTell() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.reason == nil || c.mu.told {
		return false
	}
	c.mu.told = true
	return true
}

// settle moves a connection on that ends, and reports whether it has closed the socket. Once everything is written the peer
// is waited for: closing the socket with unread bytes would reset the connection, and the peer would lose what is still on its
// way.
func (c *looped) settle() (closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.mu.reason == nil:
		return false
	case c.mu.cut:
		return c.closeLocked()
	case !c.mu.out.isEmpty() || c.mu.lingering:
	case errors.Is(c.mu.reason, ErrPeerClosed) || unix.Shutdown(int(c.fd), unix.SHUT_WR) != nil:
		return c.closeLocked()
	default:
		c.stopTimerLocked()
		c.mu.lingering = true
		c.mu.timer = time.AfterFunc(c.server.opts.CloseTimeout, func() { c.abort(ErrClosed) })
	}
	c.watchLocked()
	return false
}

func (c *looped) stopTimerLocked() {
	if c.mu.timer != nil {
		c.mu.timer.Stop()
		c.mu.timer = nil
	}
}

func (c *looped) closeLocked() bool {
	c.stopTimerLocked()
	c.mu.closed, c.mu.unread = true, nil
	c.loop.remove(c)
	_ = unix.Close(int(c.fd)) // nobody is left to be told
	return true
}
