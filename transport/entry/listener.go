package entry

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/crew"
)

// Options say who is let in, and to what. All but Logger are required.
type Options struct {
	// Handler answers the requests that Wants names. It must hijack or answer in one piece, and return soon.
	Handler http.Handler
	// Wants reports whether Handler is to have a request, of which it is given the method and the target, as they stand in the
	// request line. It must not keep target.
	Wants func(method, target []byte) bool
	// HeaderTimeout is how long a request's header may take to arrive.
	HeaderTimeout time.Duration
	// Logger hears of panics. Nil = nobody does.
	Logger *slog.Logger
}

// Conn is a connection to which can be given back what was read of it, as a reentry.Conn.
type Conn interface {
	net.Conn
	// Unread makes b, which is the connection's from then on, what is read next.
	Unread(b []byte)
}

// Listener accepts what is left for a server. Safe for concurrent use.
type Listener struct {
	net.Listener
	opts Options
	crew crew.Crew

	// others are connections for the server, errs errors of the listener. Both are unbuffered: they wait for Accept.
	others chan net.Conn
	errs   chan error
	closed chan struct{}
	// running counts the goroutines. It grows only while it is above 0.
	running sync.WaitGroup

	mu struct {
		sync.Mutex
		isClosed bool
		// greeted are the connections that have not said what they ask for.
		greeted map[net.Conn]struct{}
	}
}

// New returns a Listener that has begun to accept from l, whose connections must be a Conn each.
func New(l net.Listener, opts Options) *Listener {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Listener{Listener: l, opts: opts, others: make(chan net.Conn), errs: make(chan error), closed: make(chan struct{})}
	e.mu.greeted = make(map[net.Conn]struct{})
	e.running.Go(e.acceptAll)
	return e
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.others:
		return c, nil
	case err := <-l.errs:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener: connections that have not said what they want are closed, and it returns when no handler runs
// any more.
func (l *Listener) Close() error {
	err := l.shut()
	l.running.Wait()
	return err
}

func (l *Listener) shut() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.isClosed {
		return nil
	}
	l.mu.isClosed = true
	close(l.closed)
	for c := range l.mu.greeted {
		_ = c.Close() // whoever reads it ends
	}
	return l.Listener.Close()
}

// acceptAll greets whoever comes. An error is the server's to judge: it may go on.
func (l *Listener) acceptAll() {
	for {
		nc, err := l.Listener.Accept()
		if err == nil {
			l.running.Add(1)
			l.crew.Go(func() { l.greet(nc.(Conn)) })
			continue
		}
		select {
		case l.errs <- err:
		case <-l.closed:
			return
		}
	}
}

// greet reads what a connection asks for, and gives it to the handler or to the server.
func (l *Listener) greet(c Conn) {
	defer l.running.Done()
	if !l.add(c) {
		_ = c.Close() // there is nobody to tell
		return
	}
	in := borrow(c)
	defer in.giveBack()
	head, err := l.head(c, in)
	l.remove(c)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		_ = c.Close() // as the server does
		return
	case err == nil && l.serve(c, in, head):
		return
	}
	c.Unread(bytes.Clone(in.all()))
	if c.SetReadDeadline(time.Time{}) != nil {
		_ = c.Close() // as before
		return
	}
	select {
	case l.others <- c:
	case <-l.closed:
		_ = c.Close() // as before
	}
}

// head reads the header of a request that is wanted. With an error it is for the server.
func (l *Listener) head(c Conn, in *input) (head []byte, err error) {
	if err := c.SetReadDeadline(time.Now().Add(l.opts.HeaderTimeout)); err != nil {
		return nil, err
	}
	for {
		all, err := in.more()
		if err != nil {
			return nil, err
		}
		if line, _, ok := bytes.Cut(all, crlf); ok && !l.wants(line) || !endsLinesWell(all) {
			return nil, errOther
		}
		if end := bytes.Index(all, headEnd); end >= 0 {
			return all[:end+len(headEnd)], nil
		}
	}
}

var (
	crlf, headEnd = []byte("\r\n"), []byte("\r\n\r\n")
	errOther      = errors.New("the request is for somebody else")
)

// endsLinesWell reports whether no line ends in a bare LF, as http.Server lets it: it may be the last one of the header.
func endsLinesWell(head []byte) bool { return bytes.Count(head, crlf[1:]) == bytes.Count(head, crlf) }

func (l *Listener) wants(line []byte) bool {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	return string(version) == "HTTP/1.1" && l.opts.Wants(method, target)
}

func (l *Listener) add(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.isClosed {
		return false
	}
	l.mu.greeted[c] = struct{}{}
	return true
}

func (l *Listener) remove(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mu.greeted, c)
}
