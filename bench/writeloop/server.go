package writeloop

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/parley-im/parley/bench/machine"
)

// Strategy is a way to write.
type Strategy string

// The strategies, as they are named on the command line.
const (
	WritePerFrame Strategy = "write-per-frame"
	Coalesced     Strategy = "coalesced"
)

// Validate refuses what is none.
func (s Strategy) Validate() error {
	if s != WritePerFrame && s != Coalesced {
		return fmt.Errorf("strategy %q: %s or %s", s, WritePerFrame, Coalesced)
	}
	return nil
}

// Options configure a Server. The zero value is the limit of one write per frame.
type Options struct {
	// Strategy is how it writes; "" = WritePerFrame.
	Strategy Strategy
	// Write hands a frame to a member's connection; nil = one write(2). Tests break it on purpose. Coalesced does without it.
	Write func(to net.Conn, frame []byte) error
	// MaxOwedBytes bounds what Coalesced keeps for a member who does not read. Overflow: the member is cut off. 0 = 4 MiB, as
	// parley has it.
	MaxOwedBytes int
}

const defaultMaxOwed = 4 << 20

// Server is the write loop.
type Server struct {
	http.Handler
	write    func(net.Conn, []byte) error
	strategy Strategy
	maxOwed  int
	stop     chan struct{} // closed by Close

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
	s := &Server{write: o.Write, strategy: o.Strategy, maxOwed: cmp.Or(o.MaxOwedBytes, defaultMaxOwed), stop: make(chan struct{})}
	if s.write == nil {
		s.write = func(to net.Conn, frame []byte) error { _, err := to.Write(frame); return err }
	}
	s.mu.members, s.mu.rooms, s.mu.conns = make(map[string]*member), make(map[string]*room), make(map[net.Conn]bool)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /metrics", metrics)
	mux.HandleFunc("POST /rooms", s.createRoom)
	mux.HandleFunc("POST /rooms/{room}/members", s.addMembers)
	mux.HandleFunc("DELETE /rooms/{room}/members", s.removeMembers)
	mux.HandleFunc("DELETE /rooms/{room}", s.deleteRoom)
	mux.HandleFunc("GET /socket.io/", s.socket)
	s.Handler = mux
	return s
}

func metrics(w http.ResponseWriter, _ *http.Request) {
	use, _ := machine.UsedBy(os.Getpid()) // 0 where nobody knows
	fmt.Fprintf(w, "process_cpu_seconds_total %f\nprocess_resident_memory_bytes %d\n", machine.CPU().Seconds(), use.RSS)
}

// Close ends every connection and waits until nobody writes any more. Any number of calls is fine.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.mu.closed {
		close(s.stop)
	}
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
