package reentry

import (
	"net"
	"sync"
	"time"
)

// Listener is a net.Listener of connections that were served before. Safe for concurrent use.
type Listener struct {
	addr net.Addr
	idle time.Duration
	// ready hands over connections whose clients have begun a request. Unbuffered: they wait for Accept.
	ready chan net.Conn
	// closed is closed by Close.
	closed  chan struct{}
	waiting sync.WaitGroup

	mu struct {
		sync.Mutex
		isClosed bool
		// silent are those whose clients have said nothing yet.
		silent map[rereadable]struct{}
	}
}

// New returns a Listener that gives addr as its address. A client may take idle to begin its next request, then its
// connection is closed; 0 = for ever.
func New(addr net.Addr, idle time.Duration) *Listener {
	l := &Listener{addr: addr, idle: idle, ready: make(chan net.Conn), closed: make(chan struct{})}
	l.mu.silent = make(map[rereadable]struct{})
	return l
}

// Return takes over a connection that is to be accepted once its client begins a request. read, which is the Listener's from
// then on, is what was read of that already. Deadlines that are set mean nothing any more. A connection that is no TCPConn,
// no Socket and has no Unread is closed.
func (l *Listener) Return(conn net.Conn, read []byte) {
	c, ok := toRereadable(conn)
	if !ok || !l.add(c) {
		_ = conn.Close() // there is nobody to tell
		return
	}
	if len(read) > 0 {
		c.Unread(read)
	}
	go l.pass(c, len(read) > 0)
}

// pass waits until c has something to be read and hands it over.
func (l *Listener) pass(c rereadable, begun bool) {
	defer l.waiting.Done()
	begun = begun || l.hasBegun(c)
	l.remove(c)
	if !begun || c.SetDeadline(time.Time{}) != nil {
		_ = c.Close() // the client is gone, or Close came
		return
	}
	select {
	case l.ready <- c:
	case <-l.closed:
		_ = c.Close() // as in Return
	}
}

// hasBegun waits for the first byte of a request.
func (l *Listener) hasBegun(c rereadable) bool {
	var until time.Time
	if l.idle > 0 {
		until = time.Now().Add(l.idle)
	}
	if c.SetReadDeadline(until) != nil {
		return false
	}
	first := make([]byte, 1)
	if n, _ := c.Read(first); n == 0 {
		return false
	}
	c.Unread(first)
	return true
}

func (l *Listener) add(c rereadable) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.isClosed {
		return false
	}
	l.mu.silent[c] = struct{}{}
	l.waiting.Add(1)
	return true
}

func (l *Listener) remove(c rereadable) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mu.silent, c)
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener: it closes the connections that wait, and returns when nothing of the Listener runs any more.
func (l *Listener) Close() error {
	l.shut()
	l.waiting.Wait()
	return nil
}

func (l *Listener) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.isClosed {
		return
	}
	l.mu.isClosed = true
	close(l.closed)
	for c := range l.mu.silent {
		_ = c.Close() // whoever waits for it ends
	}
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.addr }
