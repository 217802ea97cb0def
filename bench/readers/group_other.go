//go:build !linux

package readers

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Group is sockets, each with a goroutine that reads it.
type Group struct {
	sockets []socket
	running sync.WaitGroup
	closing atomic.Bool
	once    sync.Once

	mu struct {
		sync.Mutex
		handler Handler
	}
}

type socket struct {
	conn    net.Conn
	resume  chan struct{}
	writing sync.Mutex
}

// New makes a group for sockets with numbers below size.
func New(size int, newHandler func() Handler) (*Group, error) {
	g := &Group{sockets: make([]socket, size)}
	g.mu.handler = newHandler()
	return g, nil
}

// Add makes conn the socket number id. early is what was read of it and not understood.
func (g *Group) Add(id int, conn net.Conn, early []byte) error {
	s := &g.sockets[id]
	s.conn, s.resume = conn, make(chan struct{}, 1)
	g.running.Go(func() { g.read(id, s, append([]byte(nil), early...)) })
	return nil
}

func (g *Group) read(id int, s *socket, rest []byte) {
	buf := make([]byte, bufferBytes)
	for {
		n, err := s.conn.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) && !g.closing.Load() {
			<-s.resume
			continue
		}
		g.mu.Lock()
		if err == nil {
			rest = append(rest, buf[:n]...)
			var used int
			if used, err = g.mu.handler.Take(id, rest); err == nil {
				rest = append(rest[:0], rest[used:]...)
			}
		}
		if err != nil && !g.closing.Load() {
			g.mu.handler.Ended(id, err)
		}
		g.mu.Unlock()
		if err != nil {
			_ = s.conn.Close() // the peer may have
			return
		}
	}
}

// Stop makes nobody read a socket any more, until Resume.
func (g *Group) Stop(id int) error { return g.sockets[id].conn.SetReadDeadline(time.Unix(1, 0)) }

// Resume lets a socket that was stopped be read again.
func (g *Group) Resume(id int) error {
	err := g.sockets[id].conn.SetReadDeadline(time.Time{})
	g.sockets[id].resume <- struct{}{}
	return err
}

// Narrow makes the receive buffer of a socket small and keeps it so.
func (g *Group) Narrow(id int) error {
	if tcp, ok := g.sockets[id].conn.(*net.TCPConn); ok {
		return tcp.SetReadBuffer(narrowBytes)
	}
	return nil
}

// Write writes b to a socket.
func (g *Group) Write(id int, b []byte) error {
	s := &g.sockets[id]
	s.writing.Lock()
	defer s.writing.Unlock()
	return g.write(s, b)
}

// TryWrite is Write, unless somebody else is writing.
func (g *Group) TryWrite(id int, b []byte) (bool, error) {
	s := &g.sockets[id]
	if !s.writing.TryLock() {
		return false, nil
	}
	defer s.writing.Unlock()
	return true, g.write(s, b)
}

func (g *Group) write(s *socket, b []byte) error {
	if s.conn == nil || g.closing.Load() {
		return ErrGone
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := s.conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errBlocked
	}
	return err
}

// Close says bye over every socket, ends all, and waits until nobody reads.
func (g *Group) Close(bye []byte) {
	g.once.Do(func() {
		g.closing.Store(true)
		for i := range g.sockets {
			if s := &g.sockets[i]; s.conn != nil {
				_ = s.conn.SetWriteDeadline(time.Now().Add(look))
				_, _ = s.conn.Write(bye)
				_ = s.conn.Close()
				select {
				case s.resume <- struct{}{}:
				default:
				}
			}
		}
	})
	g.running.Wait()
}

// look bounds the last write of a socket.
const look = 50 * time.Millisecond
