package ws

import (
	"net"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxLoops bounds the default of Options.Loops: a loop is seldom what a node is short of.
const maxLoops = 8

// openLoops starts the loops of a server.
func openLoops(number int) ([]*loop, error) {
	if number == 0 {
		number = min(runtime.GOMAXPROCS(0), maxLoops)
	}
	var all []*loop
	for range max(number, 0) {
		l, err := newLoop()
		if err != nil {
			closeLoops(all)
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

func closeLoops(all []*loop) {
	for _, l := range all {
		l.close()
	}
}

// startLooped has a loop serve a connection, if it is a socket; false = it is none.
func (s *Server) startLooped(nc net.Conn, b begun, open func(Conn) Handler) bool {
	if !isSocket(nc) {
		return false
	}
	l := s.nextLoop()
	if l == nil {
		return false
	}
	fd, unread, release, err := detach(nc)
	if err != nil {
		return false
	}
	c := &looped{server: s, loop: l, fd: int32(fd), release: release}
	c.mu.unread = append(b.ahead, unread...)
	c.mu.out.push(b.answer, s.opts.MaxPendingBytes)
	c.handler = open(c)
	s.running.Add(1) // NB: the caller still counts, so Close waits
	l.add(c)
	if s.isClosed() {
		c.Close(CloseGoingAway)
	}
	c.start()
	return true
}

// ended is called once, when the socket is closed.
func (c *looped) ended() {
	c.release()
	c.server.running.Done()
}

// start has the loop serve the connection, beginning with what was read and queued already.
func (c *looped) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.started = true
	c.flushLocked()
	c.loop.wake(c)
}

// Detachable is a connection over a socket that gives it away.
type Detachable interface {
	net.Conn
	// Detach returns a descriptor of the socket, which is the caller's, and what was read of it already; the connection is
	// closed, without an end for the peer. The caller calls release when it has closed the descriptor.
	Detach() (fd int, unread []byte, release func(), err error)
}

func isSocket(nc net.Conn) bool {
	switch nc.(type) {
	case Detachable, *net.TCPConn:
		return true
	}
	return false
}

// detach takes the socket out of a connection that is one. After an error the connection is as it was.
func detach(nc net.Conn) (fd int, unread []byte, release func(), err error) {
	if c, ok := nc.(Detachable); ok {
		return c.Detach()
	}
	if fd, err = Dup(nc.(*net.TCPConn)); err == nil {
		_ = nc.Close() // the socket lives on
	}
	return fd, nil, func() {}, err
}

// Dup returns another descriptor of a connection's socket, which does not block.
func Dup(c syscall.Conn) (fd int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(own uintptr) {
		fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = controlErr
	}
	return fd, err
}
