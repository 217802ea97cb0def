package server

import "github.com/parley-im/parley/transport/ws"

// Detach implements ws.Detachable. The place in the crowd is kept until release.
func (g *guest) Detach() (fd int, unread []byte, release func(), err error) {
	fd, unread, err = g.Conn.Detach()
	if err == nil && g.gone.Swap(true) {
		return fd, unread, func() {}, nil // it was closed meanwhile
	}
	return fd, unread, g.leave, err
}

var _ ws.Detachable = (*guest)(nil)
