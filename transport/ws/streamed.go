package ws

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// streamed is the Conn with two goroutines, for connections that are no plain sockets: run reads, writeLoop writes.
type streamed struct {
	net     net.Conn
	in      *reader
	out     *queue
	opts    *Options
	handler Handler
	// written is closed by writeLoop when it ends.
	written chan struct{}

	mu struct {
		sync.Mutex
		changed sync.Cond
		paused  bool
		// reason is why the connection ends; nil = it does not. Set once, by whoever is first.
		reason error
		// cut says that it ends at once, without sending what is queued.
		cut bool
	}
}

// Send is documented at Conn.
func (c *streamed) Send(frame []byte) {
	if !c.out.push(frame) && c.endSlow() {
		c.opts.OnSlow()
	}
}

// Write is documented at Conn. Here it is the writer that writes.
func (c *streamed) Write(frames []byte) { c.Send(frames) }

// Pause is documented at Conn.
func (c *streamed) Pause() { c.setPaused(true) }

// Resume is documented at Conn.
func (c *streamed) Resume() { c.setPaused(false) }

func (c *streamed) setPaused(paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.paused = paused
	c.mu.changed.Broadcast()
}

// Close is documented at Conn.
func (c *streamed) Close(code uint16) { c.end(ErrClosed, code) }

// queuedBytes is documented at served.
func (c *streamed) queuedBytes() int { return c.out.queuedBytes() }

// longAgo as a deadline makes reads and writes return at once.
var longAgo = time.Unix(1, 0)

// end lets the connection finish in good order, with a close frame.
func (c *streamed) end(reason error, code uint16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.reason != nil {
		return
	}
	c.mu.reason = reason
	c.out.finish(closeFrame(code))
	c.mu.changed.Broadcast()
	_ = c.net.SetReadDeadline(longAgo) // wakes the reader; fails only when it is awake anyway
}

// endSlow lets go of a peer that does not keep up: what waits is dropped, and if the peer takes what is being written
// while there is time, a close frame follows, so that it learns why. It reports whether it was the first to end the
// connection.
func (c *streamed) endSlow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.reason != nil {
		return false
	}
	c.mu.reason = ErrSlow
	c.out.replace(closeFrame(ClosePolicy))
	c.mu.changed.Broadcast()
	_ = c.net.SetReadDeadline(longAgo) // as end
	return true
}

// abort cuts the connection off. It reports whether it was the first to end it. NB: it only moves deadlines, since
// closing a TLS connection may block.
func (c *streamed) abort(reason error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.mu.reason == nil
	if first {
		c.mu.reason = reason
	}
	c.mu.cut = true
	c.out.drop()
	c.mu.changed.Broadcast()
	_ = c.net.SetDeadline(longAgo) // fails only on a connection that is closed already
	return first
}

// run is the reader: it serves the connection until it ends, and closes it.
func (c *streamed) run() {
	err := c.readMessages()
	var v *Violation
	switch {
	case errors.As(err, &v):
		c.end(v, v.Code)
	case err != nil && !errors.Is(err, ErrPeerClosed):
		c.abortRead(err)
	}
	c.handler.OnClose(c.reason())
	c.linger()
}

// abortRead ends the connection because of a read error, unless that error is only the wake-up that end sent.
func (c *streamed) abortRead(err error) {
	if c.reason() == nil {
		c.abort(err)
	}
}

func (c *streamed) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.reason
}

// readMessages hands messages over until the connection ends, for which it returns the read error, if that was why.
func (c *streamed) readMessages() error {
	for c.mayRead() {
		op, payload, err := c.in.next()
		if err != nil {
			return err
		}
		switch op {
		case ws.OpText:
			if c.reason() == nil {
				c.handler.OnText(payload)
			}
		case ws.OpPing:
			c.out.setPong(pongFrame(payload))
		case ws.OpClose:
			return c.peerClosed(payload)
		default:
			panic(fmt.Sprintf("ws: the reader handed over opcode %d", op))
		}
	}
	return nil
}

// mayRead waits while the connection is paused; false means that it has ended.
func (c *streamed) mayRead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.mu.paused && c.mu.reason == nil {
		c.mu.changed.Wait()
	}
	return c.mu.reason == nil
}

// peerClosed answers a close frame.
func (c *streamed) peerClosed(payload []byte) error {
	code, err := closeAnswer(payload)
	if err != nil {
		return err
	}
	c.end(ErrPeerClosed, code)
	return ErrPeerClosed
}

// linger closes the socket once everything is written and the peer has closed, too: closing it with unread bytes
// would reset the connection, and the peer would lose what is still on its way.
func (c *streamed) linger() {
	<-c.written
	if c.mayLinger() {
		if half, ok := c.net.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_, _ = io.Copy(io.Discard, c.net) // until the peer closes or the deadline comes
		}
	}
	_ = c.net.Close() // nobody is left to be told
}

func (c *streamed) mayLinger() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.mu.cut && !errors.Is(c.mu.reason, ErrPeerClosed) &&
		c.net.SetReadDeadline(time.Now().Add(c.opts.CloseTimeout)) == nil
}
