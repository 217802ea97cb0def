package socketio

import (
	"context"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
)

// hearLogout takes a `logout` (section 4): an installation, if none is named that of the login, is to be the user's no
// more. It waits for its turn among the logins, so that a later login is not undone. One that makes no sense is ignored.
func (s *session) hearLogout(c *chat, p packet.Packet, arg []byte) {
	install, err := wire.ParseLogout(arg)
	if err != nil {
		return
	}
	if install == "" {
		install = c.install
	}
	s.lanes.add(loginLane, job{size: len(p.Data), do: func(ctx context.Context) { s.logout(ctx, c, install) }})
}

// logout unbinds the installation and then ends the stay. When it is not possible the stay goes on: the DISCONNECT says
// that it was done, and a client that does not get it may say so again.
func (s *session) logout(ctx context.Context, c *chat, install im.InstallID) {
	if install != "" && c.who.Kind == im.KindUser {
		if err := s.srv.opts.Commands.Logout(ctx, c.who.App, im.UserID(c.who.ID), install); err != nil {
			s.srv.opts.Logger.Warn("logout not possible", "app", c.who.App, "err", err)
			return
		}
	}
	s.dismiss(c)
}

// dismiss ends a stay and tells the client. The session stays.
func (s *session) dismiss(c *chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.chat != c {
		return // gone meanwhile
	}
	s.mu.state.phase = away
	s.leaveLocked()
	s.eng.Send(packet.AppendDisconnect(nil, packet.Chat))
}
