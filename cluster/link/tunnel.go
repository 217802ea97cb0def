package link

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Conn is the connection of a tunnel: a net.TCPConn, or a tls.Conn over one.
type Conn interface {
	net.Conn
	// CloseWrite says that no more comes; what the peer says can still be read.
	CloseWrite() error
}

// Tunnel is a connection to a peer that carries whatever its two ends say, beside the link. It lives as long as the link does at
// most: when that goes down, and when Links are closed, it is closed. It is safe for concurrent use, as its connection is.
type Tunnel struct {
	// Conn was proven as links are, and has no deadlines.
	Conn

	// below is the connection, without TLS: closing that waits for nobody.
	below net.Conn
	peer  *peer
	role  role
	// session is the link that it lives with.
	session *session
}

// dialsAtOnce is how many tunnels are being opened to a peer at a time; others wait. From the largest cluster's other nodes they
// leave room at the door.
const dialsAtOnce = 8

// Tunnel opens a tunnel to a peer to which there is a link; whoever calls it closes the tunnel. Eight are being opened at a time,
// which takes 2 s at most; others wait until it is their turn, or ctx or the link ends. The error is an *im.Error: Unavailable without a link, when the peer cannot be reached, and when it does not take the tunnel; Overloaded when
// there are MaxTunnels already; NotPermitted when one of the two refuses the other; NotFound when there is no such peer.
func (l *Links) Tunnel(ctx context.Context, peer string) (*Tunnel, error) {
	p := l.peer(peer)
	if p == nil {
		return nil, im.E("link.tunnel", im.NotFound, "there is no node "+peer)
	}
	t, err := p.reserve(dialler)
	if err != nil {
		return nil, err
	}
	if err := t.dial(ctx); err != nil {
		t.giveUp()
		return nil, peerError("link.tunnel", err)
	}
	return t, nil
}

func (t *Tunnel) dial(ctx context.Context) error {
	p := t.peer
	select {
	case p.dialling <- struct{}{}:
		defer func() { <-p.dialling }()
	case <-t.session.over:
		return t.session.why()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.links.ctx, cancel)()
	conn, _, err := p.links.shake(ctx, p.name, p.addr(), toTunnel)
	if err == nil && (conn == nil || !t.begin(conn)) {
		err = errors.New(p.name + " does not take a tunnel")
	}
	return err
}

// expect returns a place for a tunnel that the peer has dialled; nil = it is not taken, as from a peer that is none any more.
func (p *peer) expect() *Tunnel {
	if p == nil || p.links.opts.Tunnel == nil {
		return nil
	}
	t, err := p.reserve(listener)
	if err != nil {
		p.links.log.Debug("a tunnel is refused", "peer", p.name, "why", err)
		return nil
	}
	return t
}

// reserve makes a place for a tunnel, in which begin puts its connection.
func (p *peer) reserve(as role) (*Tunnel, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.session == nil {
		return nil, im.E("link.tunnel", im.Unavailable, "there is no link to "+p.name)
	}
	if len(p.mu.tunnels[as]) >= p.links.opts.MaxTunnels {
		return nil, im.E("link.tunnel", im.Overloaded, "too many tunnels between here and "+p.name)
	}
	t := &Tunnel{peer: p, role: as, session: p.mu.session}
	p.mu.tunnels[as][t] = struct{}{}
	return t, nil
}

// begin gives the tunnel its connection; false = the link went down meanwhile, and conn is closed.
func (t *Tunnel) begin(conn net.Conn) bool {
	p := t.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	open, below := carrier(conn)
	if _, found := p.mu.tunnels[t.role][t]; !found || open == nil {
		_ = conn.Close()
		return false
	}
	t.Conn, t.below = open, below
	return true
}

// carrier returns what of a proven connection carries a tunnel, and what is below it; nil = it cannot.
func carrier(conn net.Conn) (open Conn, below net.Conn) {
	switch c := conn.(type) {
	case *net.TCPConn:
		return c, c
	case *secured:
		return c.Conn, c.below
	}
	return nil, nil
}

// hand tells the dialler that the tunnel is there, and hands it to whoever takes tunnels. conn is not at the door any more: without
// that word a busy listener might still close what its dialler takes for open.
func (t *Tunnel) hand(conn net.Conn) {
	if !t.begin(conn) {
		t.giveUp()
		return
	}
	if writeWord(conn, &pb.Proof{Open: true}) != nil || conn.SetDeadline(time.Time{}) != nil {
		_ = t.Close() // the dialler is gone
		return
	}
	t.peer.links.opts.Tunnel(t.peer.name, t)
}

// Close closes the connection.
func (t *Tunnel) Close() error {
	t.giveUp()
	return t.Conn.Close()
}

// giveUp leaves the place of a tunnel; none has none.
func (t *Tunnel) giveUp() {
	if t == nil {
		return
	}
	t.peer.mu.Lock()
	defer t.peer.mu.Unlock()
	delete(t.peer.mu.tunnels[t.role], t)
}

// endTunnelsLocked closes the tunnels of a link that is down.
func (p *peer) endTunnelsLocked() {
	for _, tunnels := range p.mu.tunnels {
		for t := range tunnels {
			if t.below != nil {
				_ = t.below.Close()
			}
		}
		clear(tunnels)
	}
}
