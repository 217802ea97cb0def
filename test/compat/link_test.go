package compat

import (
	"io"
	"net"
	"sync"
	"testing"
)

// link passes connections on to a server, until it is told to do worse.
type link struct {
	addr, to string
	listener net.Listener
	running  sync.WaitGroup

	mu struct {
		sync.Mutex
		wires []*wire
		ended bool
	}
}

// wire is one connection of a link: to the client, and to the server.
type wire struct {
	client, server net.Conn

	mu   sync.Mutex
	deaf bool
}

// startLink starts one to the address.
func startLink(t *testing.T, to string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{addr: listener.Addr().String(), to: to, listener: listener}
	l.running.Go(l.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		l.mu.Lock()
		l.mu.ended = true
		l.mu.Unlock()
		l.cut()
		l.running.Wait()
	})
	return l
}

// url is that of the server, by the link.
func (l *link) url() string { return "http://" + l.addr }

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return // the test is over
		}
		server, err := net.Dial("tcp", l.to)
		if err != nil {
			_ = client.Close() // the server is down
			continue
		}
		l.join(&wire{client: client, server: server})
	}
}

func (l *link) join(w *wire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.ended {
		w.cut()
		return
	}
	l.mu.wires = append(l.mu.wires, w)
	l.running.Go(func() { w.pass(w.server, w.client) })
	l.running.Go(func() { w.pass(ears{w}, w.server) })
}

// deafen lets nothing more of what the server says come to the clients that are there. What they say it hears.
func (l *link) deafen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.mu.wires {
		w.mu.Lock()
		w.deaf = true
		w.mu.Unlock()
	}
}

// cut ends all connections without a word. Later ones are whole again.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.mu.wires {
		w.cut()
	}
	l.mu.wires = nil
}

// pass copies until one side has ended, and ends the other one.
func (w *wire) pass(to io.Writer, from io.Reader) {
	_, _ = io.Copy(to, from) // one of them is gone
	w.cut()
}

func (w *wire) cut() {
	_ = w.client.Close()
	_ = w.server.Close()
}

// ears are the client's.
type ears struct{ *wire }

// Write implements io.Writer.
func (e ears) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.deaf {
		return len(b), nil
	}
	return e.client.Write(b)
}
