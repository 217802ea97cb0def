package swarm

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

const (
	// deskBytes is the size of a read: what a server may have sent in one go, and what stays in a core's cache.
	deskBytes = 64 << 10
	// leastRead is the room that a read should have beside the beginning of a frame.
	leastRead = 4 << 10
)

// desk is what a goroutine needs while it reads: a buffer and an Ear.
type desk struct {
	buf []byte
	ear Ear
}

// desks lends desks. There are as many as were ever in use at once.
type desks struct {
	newEar func() Ear

	mu   sync.Mutex
	idle []*desk
}

func (d *desks) take() *desk {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.idle); n > 0 {
		last := d.idle[n-1]
		d.idle = d.idle[:n-1]
		return last
	}
	return &desk{buf: make([]byte, deskBytes), ear: d.newEar()}
}

func (d *desks) give(back *desk) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle = append(d.idle, back)
}

// fill reads once and returns rest and what came, or rest alone when nothing is there. full means that there may be more.
func (d *desk) fill(fd int, rest []byte) (b []byte, full bool, err error) {
	if len(rest)+leastRead > len(d.buf) {
		d.buf = make([]byte, 2*len(d.buf)+len(rest))
	}
	have := copy(d.buf, rest)
	n, err := read(fd, d.buf[have:])
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return d.buf[:have], false, nil
	case err != nil:
		return nil, false, err
	case n == 0:
		return nil, false, io.EOF
	}
	return d.buf[:have+n], have+n == len(d.buf), nil
}

func read(fd int, b []byte) (n int, err error) {
	for {
		if n, err = syscall.Read(fd, b); !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
