package link

import (
	"errors"
	"net"
	"time"
)

// accept lets others in until the listener is closed. When the system has no descriptors left it tries again after a pause.
func (l *Links) accept() {
	pause := newBackoff(l.opts.times)
	for {
		conn, err := l.opts.Listener.Accept()
		switch {
		case err == nil:
			pause.reset()
			if g := l.door.enter(conn); g != nil {
				l.running.Go(func() { l.welcome(g) })
			}
		case errors.Is(err, net.ErrClosed) || l.ctx.Err() != nil:
			return
		default:
			l.complaints.say(l.opts.Node, "links are not accepted: "+err.Error())
			pause.wait(l.ctx, nil)
		}
	}
}

// offer hands a proven connection to the peer that has dialled it, which may be none any more.
func (l *Links) offer(name string, conn net.Conn) {
	if p := l.peer(name); p != nil {
		p.offer(conn)
		return
	}
	_ = conn.Close()
}

// welcome makes the handshake with somebody who has dialled.
func (l *Links) welcome(g *guest) {
	h := l.newHandshake(g.conn, listener)
	err := g.conn.SetDeadline(time.Now().Add(l.opts.times.handshake))
	if err == nil {
		err = h.secure("")
	}
	up := false
	if err == nil {
		up, err = h.listen()
	}
	conn := h.conn
	l.door.leave(g)
	if err != nil {
		l.complainOfGuest(h, err)
	}
	switch {
	case err != nil || !up:
		_ = conn.Close()
		h.tunnel.giveUp()
	case h.tunnel != nil:
		h.tunnel.hand(conn)
	case conn.SetDeadline(time.Time{}) != nil:
		_ = conn.Close()
	default:
		l.offer(h.peer.GetNode(), conn)
	}
}
