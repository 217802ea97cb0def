package ws

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/gobwas/ws"
)

// ErrServerClosed is returned by Upgrade after Close; nothing was written then.
var ErrServerClosed = errors.New("ws: server closed")

// Server upgrades requests and owns the connections. Safe for concurrent use.
type Server struct {
	opts Options

	mu struct {
		sync.Mutex
		conns  map[*conn]struct{}
		closed bool
	}
	// running counts upgrades in progress and the goroutines of connections. It grows only while mu is held and
	// closed is false.
	running sync.WaitGroup
}

// NewServer returns a Server without connections.
func NewServer(opts Options) *Server {
	opts.EnsureDefaults()
	s := &Server{opts: opts}
	s.mu.conns = make(map[*conn]struct{})
	return s
}

// Requested reports whether r asks for an upgrade to WebSocket.
func Requested(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// Upgrade answers r and turns its connection into a WebSocket. open is called with the connection, on which it may
// send at once, and returns the Handler that gets its messages; Upgrade returns without waiting for any. When the
// handshake is malformed, Upgrade answers that itself and returns the error; open is not called then.
func (s *Server) Upgrade(w http.ResponseWriter, r *http.Request, open func(Conn) Handler) error {
	if !s.begin() {
		return ErrServerClosed
	}
	defer s.running.Done()
	upgrader := ws.HTTPUpgrader{Timeout: s.opts.WriteTimeout}
	nc, rw, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		if nc != nil {
			_ = nc.Close() // the error of the handshake says more
		}
		return err
	}
	s.start(nc, rw.Reader, open)
	return nil
}

func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// start runs the connection's goroutines. NB: the caller still counts in running, so Close waits for them.
func (s *Server) start(nc net.Conn, br *bufio.Reader, open func(Conn) Handler) {
	c := &conn{
		net: nc, opts: &s.opts, written: make(chan struct{}),
		in:  &reader{br: br, max: s.opts.MaxMessageBytes},
		out: newQueue(s.opts.MaxPendingBytes),
	}
	c.mu.changed.L = &c.mu
	c.handler = open(c)
	if !s.add(c) {
		c.Close(CloseGoingAway)
	}
	s.running.Go(c.writeLoop)
	s.running.Go(func() {
		defer s.remove(c)
		c.run()
	})
}

func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.conns[c] = struct{}{}
	return !s.mu.closed
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.conns, c)
}

// Close closes all connections with code 1001, without telling clients to stay away, and waits until they are gone.
// When ctx ends first, those that are left are cut off and its error is returned. Upgrade refuses from the call on.
func (s *Server) Close(ctx context.Context) error {
	for _, c := range s.shut() {
		c.Close(CloseGoingAway)
	}
	gone := make(chan struct{})
	go func() {
		s.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	for _, c := range s.shut() {
		c.abort(ErrClosed)
	}
	<-gone
	return ctx.Err()
}

// shut refuses new connections and lists the present ones.
func (s *Server) shut() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.closed = true
	list := make([]*conn, 0, len(s.mu.conns))
	for c := range s.mu.conns {
		list = append(list, c)
	}
	return list
}
