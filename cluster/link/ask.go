package link

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Ask makes one handshake with a peer, whether or not links are open here or there, and returns what the peer, which knows
// the secret, says of itself. It takes 2 s at most. The error is an *im.Error: NotPermitted when one of the two refuses the
// other, which only an operator can change; Unavailable when the peer cannot be reached or does not answer; NotFound when
// there is no such peer.
func (l *Links) Ask(ctx context.Context, peer string) (*pb.Hello, error) {
	p := l.peer(peer)
	if p == nil {
		return nil, im.E("link.ask", im.NotFound, "there is no node "+peer)
	}
	hello, err := l.ask(ctx, p.name, p.addr())
	var r *refusal
	if errors.As(err, &r) {
		p.refused(r)
	}
	return hello, err
}

// AskAddr is Ask for a node of whom nothing is known but its address, HOST:PORT, and which need not know this one. It never
// fails as NotFound.
func (l *Links) AskAddr(ctx context.Context, addr string) (*pb.Hello, error) {
	return l.ask(ctx, "", addr)
}

func (l *Links) ask(ctx context.Context, name, addr string) (*pb.Hello, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	_, hello, err := l.shake(ctx, name, addr, toAsk)
	if err != nil {
		return nil, peerError("link.ask", err)
	}
	return hello, nil
}

// peerError says whether an operator must see to what went wrong with a peer.
func peerError(op string, err error) error {
	kind := im.Unavailable
	var r *refusal
	if errors.As(err, &r) {
		kind = im.NotPermitted
	}
	return &im.Error{Op: op, Kind: kind, Err: err}
}

// purpose is what a peer is dialled for.
type purpose int

const (
	toAsk purpose = iota
	toLink
	toTunnel
)

// shake dials the node of that name, "" = any, and makes the handshake. link is nil unless more than to ask was wanted and both
// want it.
func (l *Links) shake(ctx context.Context, name, addr string, why purpose) (link net.Conn, hello *pb.Hello, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.opts.times.handshake)
	defer cancel()
	conn, err := l.opts.dial(ctx, addr)
	if err != nil {
		return nil, nil, err
	}
	timely := context.AfterFunc(ctx, func() { _ = conn.Close() })
	h := l.newHandshake(conn, dialler)
	h.asksTunnel = why == toTunnel
	up := false
	if err = h.secure(addr); err == nil {
		up, err = h.dial(name, why != toAsk)
	}
	if !timely() {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, handshakeError(addr, alerted(addr, err))
	}
	if !up {
		_ = conn.Close()
		return nil, h.peer, nil
	}
	return h.conn, h.peer, nil
}

// handshakeError leaves out what would make each attempt look like another failure: the port that this node dials from.
func handshakeError(addr string, err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("handshake with %s: %w", addr, err)
}
