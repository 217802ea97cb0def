package link

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
)

// network is one without wires, for tests whose time is made by synctest: a write waits until it is read.
type network struct {
	mu    sync.Mutex
	ports map[string]*port
}

func newNetwork() *network { return &network{ports: map[string]*port{}} }

// use lets links dial in this network.
func (n *network) use(o *Options) { o.dial = n.dial }

func (n *network) listen(addr string) *port {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := &port{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
	n.ports[addr] = p
	return p
}

func (n *network) dial(ctx context.Context, addr string) (net.Conn, error) {
	n.mu.Lock()
	p := n.ports[addr]
	n.mu.Unlock()
	if p == nil {
		return nil, errors.New("nobody listens at " + addr)
	}
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, errors.New("nobody listens at " + addr)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// port is a listener.
type port struct {
	addr   string
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (p *port) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *port) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *port) Addr() net.Addr  { return p }
func (p *port) Network() string { return "none" }
func (p *port) String() string  { return p.addr }

// answerAs takes a connection and makes the listener's side of a handshake for a link to peer.
func answerAs(t *testing.T, ln net.Listener, name, peer string) net.Conn {
	t.Helper()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if up, err := impostor(conn, listener, name, "a secret", peer).listen(); err != nil || !up {
		t.Fatalf("%s answers %s: up %v, %v", name, peer, up, err)
	}
	return conn
}
