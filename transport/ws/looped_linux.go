package ws

import (
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// looped is the Conn over a socket that a loop serves. It has no goroutine, and nothing to read into or to write from while
// nothing is under way: there are many, and most are at rest. Its turns, in which it reads, calls its handler and closes the socket,
// are the loop's; anybody writes.
type looped struct {
	server  *Server
	loop    *loop
	handler Handler
	// release gives the socket's place back.
	release func()
	// fd is the socket. It is closed in a turn and with mu held, and not used afterwards: its number may be another's.
	fd, life int32
	// dirty says that the flusher has it on its list. Guarded by mu.
	dirty bool
	// in is what has come of a message; nil between messages.
	in *decoder

	mu struct {
		sync.Mutex
		out outbox
		// unread was read while the connection was paused.
		unread []byte
		// watched are the events that the system tells of.
		watched uint32
		paused  bool
		// reason is why the connection ends; nil = it does not. Set once, by whoever is first.
		reason error
		// cut says that it ends at once, without sending what is queued.
		cut bool
		// started says that the loop serves it; until then all that is sent waits.
		started bool
		// told says that the handler was told of the end, lingering that everything is written and the peer is waited for.
		told, lingering, closed bool
		// timer cuts a peer that takes too long, to take what waits for it or to close.
		timer *time.Timer
		// due is how far outbox.written must be when the timer says so.
		due uint64
	}
}

// Send is documented at Conn. The flusher writes.
func (c *looped) Send(frame []byte) { c.put(frame, false) }

// Write is documented at Conn.
func (c *looped) Write(frames []byte) { c.put(frames, true) }

func (c *looped) put(frames []byte, now bool) {
	if c.queue(frames, now) {
		c.server.opts.OnSlow()
	}
}

// queue keeps frames until they are written, and writes them now if that is wanted and may be. It reports whether
// that ends the connection because its peer is slow.
func (c *looped) queue(frames []byte, now bool) (slow bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now && c.mu.started && c.mu.out.isEmpty() && !c.mu.out.last {
		c.writeNowLocked(frames)
		return false
	}
	if !c.mu.out.push(frames, c.server.opts.MaxPendingBytes) {
		return c.endSlowLocked()
	}
	if now && c.mu.watched&unix.EPOLLOUT == 0 {
		c.flushLocked()
	} else {
		c.flushSoonLocked()
	}
	return false
}

// flushSoonLocked has the flusher write, unless the system is to tell when it takes more.
func (c *looped) flushSoonLocked() {
	if c.mu.watched&unix.EPOLLOUT == 0 && !c.dirty {
		c.dirty = true
		c.loop.flusher.add(c)
	}
}

// writeNowLocked writes frames when nothing waits before them; what the system does not take waits, by reference. NB: this is
// what a message costs each of its receivers.
func (c *looped) writeNowLocked(frames []byte) {
	n, err := syscall.Write(int(c.fd), frames)
	switch {
	case n == len(frames):
		c.mu.out.passed(n)
		return
	case err != nil && err != unix.EAGAIN && err != unix.EINTR: //nolint:errorlint // a system call returns the bare number
		c.abortLocked(err)
		return
	}
	c.mu.out.begin(frames, max(n, 0))
	c.watchLocked()
}

// flush writes what waits; for the flusher.
func (c *looped) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty = false
	c.flushLocked()
}

// flushLocked writes what the system takes. When all is written that ever will, or the socket fails, the loop is to go on.
func (c *looped) flushLocked() {
	if c.mu.closed || !c.mu.started {
		return
	}
	if err := c.writeLocked(); err != nil {
		c.abortLocked(err)
		return
	}
	c.watchLocked()
	if c.mu.reason != nil && c.mu.out.isEmpty() {
		c.loop.wake(c)
	}
}

func (c *looped) writeLocked() error {
	var array [maxVector][]byte
	for !c.mu.out.isEmpty() {
		pieces := c.mu.out.next(array[:0])
		n, err := write(int(c.fd), pieces)
		switch {
		case err == unix.EAGAIN: //nolint:errorlint // a system call returns the bare number
			return nil
		case err == unix.EINTR: //nolint:errorlint // as above
			continue
		case err != nil:
			return err
		}
		c.mu.out.wrote(n)
	}
	return nil
}

func write(fd int, pieces [][]byte) (int, error) {
	if len(pieces) == 1 {
		return syscall.Write(fd, pieces[0])
	}
	beforeWrite()
	return unix.Writev(fd, pieces)
}

// watchLocked has the system tell of what the connection waits for, and bounds how long its peer may leave it waiting.
func (c *looped) watchLocked() {
	var events uint32
	if !c.mu.out.isEmpty() {
		events |= unix.EPOLLOUT
	}
	if c.mu.lingering || c.mu.reason == nil && !c.mu.paused {
		events |= unix.EPOLLIN
	}
	c.setWatchedLocked(events)
	if events&unix.EPOLLOUT != 0 && c.mu.timer == nil {
		c.mu.due = c.mu.out.queued
		c.mu.timer = time.AfterFunc(c.server.opts.WriteTimeout, c.writeOverdue)
	}
}

// setWatchedLocked tells the system. A socket that waits for nothing is not watched at all: the system would say again and
// again that the peer has hung up.
func (c *looped) setWatchedLocked(events uint32) {
	op := unix.EPOLL_CTL_MOD
	switch {
	case events == c.mu.watched:
		return
	case c.mu.watched == 0:
		op = unix.EPOLL_CTL_ADD
	case events == 0:
		op = unix.EPOLL_CTL_DEL
	}
	c.mu.watched = events
	if err := c.loop.control(op, c.fd, c.life, events); err != nil {
		c.abortLocked(err) // the system watches no more sockets
	}
}

// writeOverdue cuts the connection if its peer has not taken what waited for it when the timer was set.
func (c *looped) writeOverdue() {
	if c.cutIfSlow() {
		c.server.opts.OnSlow()
	}
}

func (c *looped) cutIfSlow() (slow bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed || c.mu.lingering {
		return false // the timer is another one
	}
	c.mu.timer = nil
	if c.mu.out.isEmpty() || c.mu.out.written >= c.mu.due {
		c.watchLocked() // it takes its time, but enough of it
		return false
	}
	return c.abortLocked(ErrSlow)
}

// Pause is documented at Conn.
func (c *looped) Pause() { c.setPaused(true) }

// Resume is documented at Conn.
func (c *looped) Resume() { c.setPaused(false) }

func (c *looped) setPaused(paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.paused == paused {
		return
	}
	if c.mu.paused = paused; c.mu.closed || !c.mu.started {
		return
	}
	c.watchLocked()
	if len(c.mu.unread) > 0 {
		c.loop.wake(c)
	}
}

// queuedBytes is documented at served.
func (c *looped) queuedBytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.out.cost()
}

// Close is documented at Conn.
func (c *looped) Close(code uint16) { c.end(ErrClosed, code) }

// end lets the connection finish in good order, with a close frame.
func (c *looped) end(reason error, code uint16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.reason != nil {
		return
	}
	c.mu.reason = reason
	c.mu.out.finish(closeFrame(code))
	c.loop.wake(c)
	c.flushLocked()
}

// endSlowLocked lets go of a peer that does not keep up: what waits is dropped, and if the peer takes what is being written
// while there is time, a close frame follows, so that it learns why. It reports whether it was the first to end the
// connection.
func (c *looped) endSlowLocked() bool {
	if c.mu.reason != nil {
		return false
	}
	c.mu.reason = ErrSlow
	c.mu.out.replace(closeFrame(ClosePolicy))
	c.loop.wake(c)
	c.flushLocked()
	return true
}

// abort cuts the connection off. It reports whether it was the first to end it.
func (c *looped) abort(reason error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.abortLocked(reason)
}

func (c *looped) abortLocked(reason error) bool {
	if c.mu.closed {
		return false // and its loop may be, too
	}
	first := c.mu.reason == nil
	if first {
		c.mu.reason = reason
	}
	c.mu.cut = true
	c.mu.out.drop()
	c.loop.wake(c)
	return first
}
