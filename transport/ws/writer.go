package ws

import (
	"bytes"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// writeLoop is the writer: it sends what is queued until the queue ends.
func (c *streamed) writeLoop() {
	defer close(c.written)
	for {
		frames, ok := c.out.take()
		if !ok {
			return
		}
		if err := c.write(frames); err != nil {
			c.writeFailed(err)
			return
		}
		c.out.written()
	}
}

// writeFailed cuts the connection off. A write that ran out of time had a peer that did not read.
func (c *streamed) writeFailed(err error) {
	slow := errors.Is(err, os.ErrDeadlineExceeded)
	if slow {
		err = ErrSlow
	}
	if c.abort(err) && slow {
		c.opts.OnSlow()
	}
}

// write sends all frames with one system call where the connection allows it: a socket does, TLS does not.
func (c *streamed) write(frames [][]byte) error {
	if !c.armWrite() {
		return net.ErrClosed
	}
	if len(frames) == 1 {
		_, err := c.net.Write(frames[0])
		return err
	}
	if _, ok := c.net.(syscall.Conn); ok {
		buffers := net.Buffers(frames)
		_, err := buffers.WriteTo(c.net)
		return err
	}
	_, err := c.net.Write(bytes.Join(frames, nil))
	return err
}

// armWrite sets the deadline of the next write, unless the connection was cut off.
func (c *streamed) armWrite() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.mu.cut && c.net.SetWriteDeadline(time.Now().Add(c.opts.WriteTimeout)) == nil
}
