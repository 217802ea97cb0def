package ws

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// loop reads and calls back for many sockets, by epoll, in one goroutine; another one writes what was queued for them. Its
// epoll descriptor is itself watched by Go's poller, so that a loop that waits holds no thread.
type loop struct {
	epoll *os.File
	fd    int
	raw   syscall.RawConn
	// bell is the eventfd that wakes the loop.
	bell int
	// buf is what sockets are read into, in what takes messages out of it for those that have not begun one; nil = there is
	// none, or it has begun one. Used by run only.
	buf []byte
	in  *decoder

	flusher flusher
	running sync.WaitGroup

	mu struct {
		sync.Mutex
		conns map[int32]*looped
		// woken are to have a turn, whatever their sockets say.
		woken []*looped
		// life counts the connections that there were; each has a number of its own.
		life   int32
		closed bool
	}
}

const (
	// loopBuffer is how much is read of one socket at a time, so that none of them keeps the others waiting.
	loopBuffer = 64 << 10
	// loopEvents is how many sockets the system tells of at a time.
	loopEvents = 256
)

// newLoop starts a loop.
func newLoop() (*loop, error) {
	l := &loop{buf: make([]byte, loopBuffer)}
	l.mu.conns = make(map[int32]*looped)
	l.flusher.init()
	var err error
	if l.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("ws: epoll: %w", err)
	}
	if l.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(l.fd) // it was of no use yet
		return nil, fmt.Errorf("ws: eventfd: %w", err)
	}
	if err := l.open(); err != nil {
		_ = unix.Close(l.bell) // as above
		return nil, fmt.Errorf("ws: epoll: %w", err)
	}
	l.running.Go(l.run)
	l.running.Go(l.flusher.run)
	return l, nil
}

// open has the epoll descriptor watched. It closes it when that fails.
func (l *loop) open() (err error) {
	if err = unix.SetNonblock(l.fd, true); err == nil { // os.NewFile would not have it watched else
		err = l.control(unix.EPOLL_CTL_ADD, int32(l.bell), 0, unix.EPOLLIN)
	}
	if err != nil {
		_ = unix.Close(l.fd) // it was of no use yet
		return err
	}
	l.epoll = os.NewFile(uintptr(l.fd), "epoll")
	if l.raw, err = l.epoll.SyscallConn(); err != nil {
		_ = l.epoll.Close() // as above
	}
	return err
}

// close ends the loop. There must be no connection any more.
func (l *loop) close() {
	l.mu.Lock()
	l.mu.closed = true
	l.mu.Unlock()
	l.flusher.close()
	l.ring()
	l.running.Wait()
	_ = unix.Close(l.bell)
	_ = l.epoll.Close() // nobody waits
}

// control has the system watch a socket for events, or not any more. life is handed back with what happens.
func (l *loop) control(op int, fd, life int32, events uint32) error {
	return unix.EpollCtl(l.fd, op, int(fd), &unix.EpollEvent{Events: events, Fd: fd, Pad: life})
}

// run serves the sockets until close.
func (l *loop) run() {
	events := make([]unix.EpollEvent, loopEvents)
	for {
		n, err := l.wait(events)
		if err != nil {
			panic(fmt.Sprintf("ws: epoll_wait: %v", err)) // only for descriptors that are none
		}
		for _, e := range events[:n] {
			if e.Fd == int32(l.bell) {
				l.silence()
			} else if c := l.find(e.Fd, e.Pad); c != nil {
				c.turn(e.Events)
			}
		}
		if !l.turnWoken() {
			return
		}
	}
}

// wait waits until something happens. No thread waits with it: Go's poller does for all.
func (l *loop) wait(events []unix.EpollEvent) (n int, err error) {
	waitErr := l.raw.Read(func(fd uintptr) bool {
		for {
			n, err = unix.EpollWait(int(fd), events, 0)
			if err != unix.EINTR { //nolint:errorlint // a system call returns the bare number
				return n != 0 || err != nil
			}
		}
	})
	if err == nil {
		err = waitErr
	}
	return n, err
}

func (l *loop) find(fd, life int32) *looped {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.mu.conns[fd]; c != nil && c.life == life {
		return c
	}
	return nil // it is gone, and its number may be another's
}

// turnWoken gives a turn to those that were woken; false = the loop ends.
func (l *loop) turnWoken() bool {
	l.mu.Lock()
	woken, closed := l.mu.woken, l.mu.closed
	l.mu.woken = nil
	l.mu.Unlock()
	for _, c := range woken {
		c.turn(0)
	}
	return !closed
}

// wake gives c a turn soon.
func (l *loop) wake(c *looped) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.woken = append(l.mu.woken, c)
	if len(l.mu.woken) == 1 {
		l.ring()
	}
}

func (l *loop) ring() {
	one := [8]byte{1}
	_, _ = unix.Write(l.bell, one[:]) // EAGAIN when it has been rung often enough
}

// silence stops the bell. NB: before turnWoken looks who rang it, or else who rings meanwhile would not be heard.
func (l *loop) silence() {
	var count [8]byte
	_, _ = unix.Read(l.bell, count[:]) // it has been rung
}

// add makes the loop serve c, which has no events yet.
func (l *loop) add(c *looped) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.life++
	c.life = l.mu.life
	l.mu.conns[c.fd] = c
}

// all lists whom the loop serves.
func (l *loop) all() (list []served) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.mu.conns {
		list = append(list, c)
	}
	return list
}

// remove makes it not do so any more, before the descriptor is closed.
func (l *loop) remove(c *looped) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mu.conns, c.fd)
}
