package readers

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// reader is one goroutine with its poller and its buffer.
type reader struct {
	group   *Group
	handler Handler
	// poller is an epoll instance, bell an eventfd in it that wakes run.
	poller, bell int
	buf          []byte
	// spare are buffers for the beginnings of frames, which no socket needs now.
	spare [][]byte
}

const (
	// events is how many sockets are told of at a time.
	events = 512
	// bellID is the number of the bell among those of sockets.
	bellID = -1
)

func newReader(g *Group, h Handler) (*reader, error) {
	poller, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(poller)
		return nil, os.NewSyscallError("eventfd", err)
	}
	r := &reader{group: g, handler: h, poller: poller, bell: bell, buf: make([]byte, bufferBytes)}
	if err := r.watch(bell, bellID); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// watch makes run read a socket whenever there is something to read.
func (r *reader) watch(fd, id int) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(id)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(r.poller, unix.EPOLL_CTL_ADD, fd, &e))
}

func (r *reader) ignore(fd int) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(r.poller, unix.EPOLL_CTL_DEL, fd, nil))
}

func (r *reader) wake() {
	_, _ = unix.Write(r.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // it rings already if this fails
}

func (r *reader) close() {
	_ = unix.Close(r.bell)
	_ = unix.Close(r.poller)
}

// run reads until the group closes.
func (r *reader) run() {
	var list [events]unix.EpollEvent
	for !r.group.closing.Load() {
		n, err := unix.EpollWait(r.poller, list[:], -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			panic(os.NewSyscallError("epoll_wait", err)) // it has no way to fail for a poller that is open
		}
		for _, e := range list[:max(n, 0)] {
			if e.Fd != bellID {
				r.serve(int(e.Fd))
			}
		}
	}
}

// serve reads a socket once. If there is more, the poller says so again.
func (r *reader) serve(id int) {
	s := &r.group.sockets[id]
	if !s.live.Load() {
		return
	}
	b, err := r.fill(s)
	if err == nil && len(b) > 0 {
		var used int
		if used, err = r.handler.Take(id, b); err == nil {
			r.keep(s, b[used:])
		}
	}
	if err != nil {
		r.keep(s, nil)
		r.group.drop(s) // the kernel takes it out of the poller
		r.handler.Ended(id, err)
	}
}

// fill returns what was kept of a socket and what has come, or nothing when nothing is there.
func (r *reader) fill(s *socket) ([]byte, error) {
	if len(s.rest)+leastRead > len(r.buf) {
		r.buf = make([]byte, 2*len(r.buf)+len(s.rest))
	}
	have := copy(r.buf, s.rest)
	n, err := unix.Read(s.fd, r.buf[have:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil, nil
	case err != nil:
		return nil, os.NewSyscallError("read", err)
	case n == 0:
		return nil, io.EOF
	}
	return r.buf[:have+n], nil
}

// keep keeps the beginning of a frame until more of it comes.
func (r *reader) keep(s *socket, rest []byte) {
	if len(rest) == 0 {
		if s.rest != nil {
			r.spare = append(r.spare, s.rest)
			s.rest = nil
		}
		return
	}
	if n := len(r.spare); s.rest == nil && n > 0 {
		s.rest, r.spare = r.spare[n-1], r.spare[:n-1]
	}
	s.rest = append(s.rest[:0], rest...)
}
