package readers

import (
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Group is sockets and those who read them.
type Group struct {
	readers []*reader
	sockets []socket // by number
	running sync.WaitGroup
	closing atomic.Bool
	once    sync.Once
}

// socket is a place for one.
type socket struct {
	// rest is the beginning of a frame whose end has not come; nil = none. It belongs to the reader.
	rest []byte
	// live is set when all is ready to be read and written, and taken back before mu is taken to close fd.
	live atomic.Bool

	mu sync.Mutex // held while somebody writes
	fd int        // -1 = there is none
}

// New makes a group for sockets with numbers below size, and starts its readers.
func New(size int, newHandler func() Handler) (*Group, error) {
	g := &Group{sockets: make([]socket, size)}
	for i := range g.sockets {
		g.sockets[i].fd = -1
	}
	for range max((size+PerReader-1)/PerReader, 1) {
		r, err := newReader(g, newHandler())
		if err != nil {
			g.Close(nil)
			return nil, err
		}
		g.readers = append(g.readers, r)
		g.running.Go(r.run)
	}
	return g, nil
}

// Add makes conn, a TCP connection, the socket number id, which has none yet; conn is closed and of no more use. early is what was
// read of it and not understood; it is kept.
func (g *Group) Add(id int, conn net.Conn, early []byte) error {
	fd, err := detach(conn)
	if err != nil {
		return err
	}
	s := &g.sockets[id]
	if len(early) > 0 {
		s.rest = early
	}
	s.mu.Lock()
	s.fd = fd
	s.mu.Unlock()
	s.live.Store(true)
	if err := g.readerOf(id).watch(fd, id); err != nil {
		g.drop(s)
		return err
	}
	return nil
}

// detach takes a socket away from Go's poller: a second descriptor of it, of which that poller does not know.
func detach(conn net.Conn) (fd int, err error) {
	defer conn.Close() //nolint:errcheck // the other descriptor stays
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return -1, fmt.Errorf("%T is no TCP connection", conn)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1, err
	}
	broken := raw.Control(func(from uintptr) { fd, err = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) })
	if broken != nil {
		return -1, broken
	}
	return fd, err
}

func (g *Group) readerOf(id int) *reader { return g.readers[id%len(g.readers)] }

// Stop makes nobody read a socket any more, until Resume. What is being read now may be taken still.
func (g *Group) Stop(id int) error { return g.withFD(id, g.readerOf(id).ignore) }

// Resume lets a socket that was stopped be read again.
func (g *Group) Resume(id int) error {
	return g.withFD(id, func(fd int) error { return g.readerOf(id).watch(fd, id) })
}

// Narrow makes the receive buffer of a socket small and keeps it so. NB: it belongs before the load. A buffer that shrinks below the
// window that the peer was promised drops what comes, and the peer repeats that at ever longer intervals.
func (g *Group) Narrow(id int) error {
	return g.withFD(id, func(fd int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, narrowBytes))
	})
}

func (g *Group) withFD(id int, do func(fd int) error) error {
	s := &g.sockets[id]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return ErrGone
	}
	return do(s.fd)
}

// drop closes a socket. Whoever writes to it gives up.
func (g *Group) drop(s *socket) {
	s.live.Store(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd >= 0 {
		_ = unix.Close(s.fd) // nothing can be done about it
		s.fd = -1
	}
}

// Close says bye over every socket that takes it at once, ends all, and waits until nobody reads. Any number of calls is fine.
func (g *Group) Close(bye []byte) {
	g.once.Do(func() {
		g.closing.Store(true)
		for _, r := range g.readers {
			r.wake()
		}
		g.running.Wait()
		for i := range g.sockets {
			s := &g.sockets[i]
			if len(bye) > 0 {
				_ = g.withFD(i, func(fd int) error { _, err := unix.Write(fd, bye); return err }) // it may be gone, or full
			}
			g.drop(s)
		}
		for _, r := range g.readers {
			r.close()
		}
	})
	g.running.Wait()
}
