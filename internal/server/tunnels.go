package server

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/parley-im/parley/cluster/link"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/reentry"
)

// tunnels is a listener of the connections by which other nodes pass on what clients ask for. To the server of the clients' port
// they are connections like any, and they count as such; those that this node dials to other nodes count there, too, so that all of
// them together leave the log its descriptors. Overflow: they are closed.
type tunnels struct {
	crowd *crowd
	// conns is unbuffered: who comes waits for Accept.
	conns chan net.Conn
	// closed is closed by Close.
	closed chan struct{}
	close  func()
}

// openTunnels lets the port serve tunnels as well, until it is closed.
func (p *port) openTunnels() *tunnels {
	t := &tunnels{crowd: p.crowd, conns: make(chan net.Conn), closed: make(chan struct{})}
	t.close = sync.OnceFunc(func() { close(t.closed) })
	go p.server.Serve(t) //nolint:errcheck // it ends when the port is closed
	return t
}

// take hands a tunnel that another node has opened to the server.
func (t *tunnels) take(_ string, tunnel *link.Tunnel) {
	leave, ok := t.crowd.enter()
	if !ok {
		tunnel.Close() //nolint:errcheck // the other node sees it
		return
	}
	g := through(tunnel, leave)
	select {
	case t.conns <- g:
	case <-t.closed:
		g.Close() //nolint:errcheck // as above
	}
}

// dial opens a tunnel to another node.
func (t *tunnels) dial(ctx context.Context, links *link.Links, node string) (net.Conn, error) {
	leave, ok := t.crowd.enter()
	if !ok {
		return nil, im.E("server.tunnel", im.Overloaded, "no room for a connection to "+node)
	}
	tunnel, err := links.Tunnel(ctx, node)
	if err != nil {
		leave()
		return nil, err
	}
	return through(tunnel, leave), nil
}

// through makes a tunnel a guest, or what is one over TLS.
func through(tunnel *link.Tunnel, leave func()) net.Conn {
	once := sync.OnceFunc(func() {
		tunnel.Close() //nolint:errcheck // its connection is closed, its place is not free yet
		leave()
	})
	if tcp, ok := tunnel.Conn.(*net.TCPConn); ok {
		return &guest{Conn: reentry.Conn{TCPConn: tcp}, isTunnel: true, leave: once}
	}
	return &sealed{Over: reentry.Over{Socket: tunnel.Conn}, leave: once}
}

// sealed is a guest that is a tunnel over TLS. It has no socket that others might use past TLS.
type sealed struct {
	reentry.Over
	leave func()
}

// Close implements net.Conn.
func (s *sealed) Close() error {
	defer s.leave()
	return s.Socket.Close()
}

// Accept implements net.Listener.
func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case c := <-t.conns:
		return c, nil
	case <-t.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (t *tunnels) Close() error {
	t.close()
	return nil
}

// Addr implements net.Listener.
func (t *tunnels) Addr() net.Addr { return t.crowd.Addr() }

// tunnelKey marks the context of requests that another node has passed on.
type tunnelKey struct{}

// markTunnels is a http.Server's ConnContext.
func markTunnels(ctx context.Context, c net.Conn) context.Context {
	g, isGuest := c.(*guest)
	if _, isSealed := c.(*sealed); isSealed || isGuest && g.isTunnel {
		return context.WithValue(ctx, tunnelKey{}, true)
	}
	return ctx
}

// isPassedOn reports whether another node has passed r on.
func isPassedOn(r *http.Request) bool { return r.Context().Value(tunnelKey{}) != nil }
