package readers

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// look is how often a write that waits looks whether its socket has ended.
const look = 50 * time.Millisecond

// Write writes b to a socket; several frames in one are fine. It blocks while the server does not read. An error means that the
// socket is of no more use. b is not kept.
func (g *Group) Write(id int, b []byte) error {
	s := &g.sockets[id]
	s.mu.Lock()
	defer s.mu.Unlock()
	return g.writeLocked(s, b)
}

// TryWrite is Write, unless somebody else is writing: then nothing is written and it reports false.
func (g *Group) TryWrite(id int, b []byte) (bool, error) {
	s := &g.sockets[id]
	if !s.mu.TryLock() {
		return false, nil
	}
	defer s.mu.Unlock()
	return true, g.writeLocked(s, b)
}

func (g *Group) writeLocked(s *socket, b []byte) error {
	for deadline := time.Now().Add(writeTimeout); len(b) > 0; {
		if s.fd < 0 || !s.live.Load() || g.closing.Load() {
			return ErrGone
		}
		n, err := unix.Write(s.fd, b)
		switch {
		case err == nil:
			b = b[n:]
		case errors.Is(err, unix.EAGAIN):
			if time.Now().After(deadline) {
				return errBlocked
			}
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}, int(look.Milliseconds())) // the write says it
		case !errors.Is(err, unix.EINTR):
			return os.NewSyscallError("write", err)
		}
	}
	return nil
}
