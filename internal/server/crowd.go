//go:build unix

package server

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/parley-im/parley/transport/reentry"
)

// crowd is a listener with room for so many connections at a time; overflow: who comes next waits in the system's
// backlog until somebody leaves. Without it clients could take the last descriptor, and the log needs some to go on.
// Tunnels to and from other nodes take places as well (tunnels).
type crowd struct {
	net.Listener
	// present has an element for each connection, and for the one that is being waited for.
	present chan struct{}
	// closed is closed by Close, so that nobody waits for room.
	closed chan struct{}
	close  func() error
	// leave gives a place back.
	leave func()
}

func newCrowd(l net.Listener, room int) *crowd {
	c := &crowd{Listener: l, present: make(chan struct{}, room), closed: make(chan struct{})}
	c.leave = func() { <-c.present }
	c.close = sync.OnceValue(func() error {
		close(c.closed)
		return l.Close()
	})
	return c
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	select {
	case c.present <- struct{}{}:
	case <-c.closed:
		return nil, net.ErrClosed
	}
	nc, err := c.Listener.Accept()
	if err != nil {
		c.leave()
		return nil, err
	}
	return &guest{Conn: reentry.Conn{TCPConn: nc.(*net.TCPConn)}, leave: c.leave}, nil
}

// enter takes a place for a connection that did not come by the listener; false = there is none. Whoever calls leave does so once.
func (c *crowd) enter() (leave func(), ok bool) {
	select {
	case c.present <- struct{}{}:
		return c.leave, true
	default:
		return nil, false
	}
}

// Close implements net.Listener.
func (c *crowd) Close() error { return c.close() }

// guest is a connection of a crowd. NB: it embeds the socket itself, of which package ws uses more than net.Conn has.
type guest struct {
	reentry.Conn
	// leave gives its place back, once.
	leave func()
	// gone says that the connection is closed, or that somebody else is to call leave.
	gone atomic.Bool
	// isTunnel says that another node is at its other end.
	isTunnel bool
}

// Close implements net.Conn.
func (g *guest) Close() error {
	if !g.gone.Swap(true) {
		defer g.leave()
	}
	return g.TCPConn.Close()
}

// ownDescriptors is what a node keeps for itself of those that the system lets it have: its stores open up to a thousand
// files each, besides operators and other nodes.
const ownDescriptors = 2500

// roomForOperators is how many connections the operators' port may have at a time, out of ownDescriptors.
const roomForOperators = 200

// roomForClients returns how many connections the clients' port may have at a time.
func roomForClients() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || limit.Cur > unlimited {
		return unlimited
	}
	descriptors := int(limit.Cur)
	return descriptors - min(descriptors/2, ownDescriptors)
}

// unlimited is more than a node could serve.
const unlimited = 1 << 24
