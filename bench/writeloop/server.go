package writeloop

import (
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/parley-im/parley/bench/machine"
)

// Options configure a Server. The zero value is the limit itself.
type Options struct {
	// Write hands a frame to a member's connection; nil = one write(2). Tests break it on purpose.
	Write func(to net.Conn, frame []byte) error
}

// Server is the write loop.
type Server struct {
	http.Handler
	write func(net.Conn, []byte) error

	running sync.WaitGroup

	mu struct {
		sync.Mutex
		members map[string]*member
		rooms   map[string]*room
		conns   map[net.Conn]bool
		closed  bool
	}
}

// New returns a server without rooms.
func New(o Options) *Server {
	s := &Server{write: o.Write}
	if s.write == nil {
		s.write = func(to net.Conn, frame []byte) error { _, err := to.Write(frame); return err }
	}
	s.mu.members, s.mu.rooms, s.mu.conns = make(map[string]*member), make(map[string]*room), make(map[net.Conn]bool)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /metrics", metrics)
	mux.HandleFunc("POST /rooms", s.createRoom)
	mux.HandleFunc("POST /rooms/{room}/members", s.addMembers)
	mux.HandleFunc("DELETE /rooms/{room}", s.deleteRoom)
	mux.HandleFunc("GET /socket.io/", s.socket)
	s.Handler = mux
	return s
}

func metrics(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "process_cpu_seconds_total %f\n", machine.CPU().Seconds())
}

// Close ends every connection and waits until nobody writes any more.
func (s *Server) Close() {
	s.mu.Lock()
	s.mu.closed = true
	for c := range s.mu.conns {
		_ = c.Close() // its goroutine ends
	}
	s.mu.Unlock()
	s.running.Wait()
}

// adopt registers a connection, unless the server is closed.
func (s *Server) adopt(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mu.closed {
		s.mu.conns[c] = true
		s.running.Add(1)
	}
	return !s.mu.closed
}

func (s *Server) forget(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.conns, c)
	s.running.Done()
}
