package writeloop

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

var errSlow = errors.New("the member does not read")

// outlet is where a member's connection is written to.
type outlet struct {
	conn net.Conn
	raw  syscall.RawConn // nil = it has none: all writes block
	most int             // bytes that may be owed

	mu sync.Mutex
	// owed is what the socket has not taken yet.
	owed []byte
}

func newOutlet(conn net.Conn, most int) *outlet {
	o := &outlet{conn: conn, most: most}
	if sock, ok := conn.(syscall.Conn); ok {
		o.raw, _ = sock.SyscallConn() // an error is told by the first read
	}
	return o
}

// offer writes what is owed and b with one system call that does not wait, and keeps what the socket does not take. It reports
// whether something is owed then.
func (o *outlet) offer(b []byte) (owes bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.owed) == 0 {
		n, err := o.try(b)
		o.owed = append(o.owed[:0], b[n:]...)
		return n < len(b), err
	}
	if o.owed = append(o.owed, b...); len(o.owed) > o.most {
		return false, errSlow
	}
	n, err := o.try(o.owed)
	o.owed = o.owed[:copy(o.owed, o.owed[n:])]
	return len(o.owed) > 0, err
}

func (o *outlet) try(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	if o.raw == nil {
		return o.conn.Write(b)
	}
	broken := o.raw.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), b)
		return true // whatever came of it: nobody waits here
	})
	switch {
	case broken != nil:
		return 0, broken
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return 0, nil
	default:
		return max(n, 0), err
	}
}
