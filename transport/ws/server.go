package ws

import (
	"bufio"
	"bytes"
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
		// streamed are the connections that no loop has.
		streamed map[*streamed]struct{}
		closed   bool
		// loops serve the sockets, by turns. They start with the first of them, and end with Close.
		loops []*loop
		turn  int
	}
	// running counts upgrades in progress and connections. It grows only while it is above 0, or mu is held and closed is
	// false.
	running sync.WaitGroup
}

// served is what a Server knows of a connection.
type served interface {
	Close(code uint16)
	abort(reason error) (first bool)
	// queuedBytes is what waits to be written, counted as for Options.MaxPendingBytes.
	queuedBytes() int
}

// NewServer returns a Server without connections.
func NewServer(opts Options) *Server {
	opts.EnsureDefaults()
	s := &Server{opts: opts}
	s.mu.streamed = make(map[*streamed]struct{})
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
	answer := &answer{ResponseWriter: w}
	nc, rw, _, err := ws.UpgradeHTTP(r, answer)
	if err != nil {
		if nc != nil {
			answer.refuse(nc, s.opts.WriteTimeout)
		}
		return err
	}
	begun := begun{ahead: read(rw.Reader), answer: answer.text.Bytes()}
	if !s.startLooped(nc, begun, open) {
		s.startStreamed(nc, begun, open)
	}
	return nil
}

// begun is what was read of a connection behind its handshake, and the answer to that, which is to be written first.
type begun struct{ ahead, answer []byte }

func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// read returns what a reader has read and not handed over.
func read(br *bufio.Reader) []byte {
	ahead, _ := br.Peek(br.Buffered()) // there is so much
	return bytes.Clone(ahead)
}

// nextLoop returns the loop for the next connection; nil = there is none, as it is asked for or because the system denies it.
func (s *Server) nextLoop() *loop {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.loops == nil && !s.mu.closed {
		s.mu.loops, _ = openLoops(s.opts.Loops) // goroutines do as well, and the next connection tries again
	}
	if len(s.mu.loops) == 0 {
		return nil
	}
	s.mu.turn = (s.mu.turn + 1) % len(s.mu.loops)
	return s.mu.loops[s.mu.turn]
}

// startStreamed runs the goroutines of a connection. NB: the caller still counts in running, so Close waits for them.
func (s *Server) startStreamed(nc net.Conn, b begun, open func(Conn) Handler) {
	c := &streamed{
		net: nc, opts: &s.opts, written: make(chan struct{}),
		in:  newReader(nc, b.ahead, s.opts.MaxMessageBytes),
		out: newQueue(s.opts.MaxPendingBytes),
	}
	c.mu.changed.L = &c.mu
	c.out.push(b.answer)
	c.handler = open(c)
	s.add(c)
	if s.isClosed() {
		c.Close(CloseGoingAway)
	}
	s.running.Go(c.writeLoop)
	s.running.Go(func() {
		defer s.remove(c)
		c.run()
	})
}

func (s *Server) add(c *streamed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.streamed[c] = struct{}{}
}

func (s *Server) remove(c *streamed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.streamed, c)
}

// isClosed reports whether connections that are there by now may not be among those that shut lists.
func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.closed
}

// all lists the connections.
func (s *Server) all() (list []served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.mu.streamed {
		list = append(list, c)
	}
	for _, l := range s.mu.loops {
		list = append(list, l.all()...)
	}
	return list
}

// QueuedBytes is what waits to be written to all connections, in bytes, counted as for Options.MaxPendingBytes: a frame that was
// sent to many counts for each of them, with what it costs beside its bytes, until all of it is written.
//
// NB: it asks each connection, so that those who send need not count together, and takes milliseconds when there are many.
func (s *Server) QueuedBytes() (queued int64) {
	for _, c := range s.all() {
		queued += int64(c.queuedBytes())
	}
	return queued
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
		closeLoops(s.takeLoops())
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

// takeLoops returns the loops, of which there will be no others.
func (s *Server) takeLoops() []*loop {
	s.mu.Lock()
	defer s.mu.Unlock()
	loops := s.mu.loops
	s.mu.loops = nil
	return loops
}

// shut refuses new connections and lists the present ones.
func (s *Server) shut() []served {
	s.mu.Lock()
	s.mu.closed = true
	s.mu.Unlock()
	return s.all()
}
