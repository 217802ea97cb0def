package socketio

import (
	"context"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
)

// login checks the login of a stay and answers it (section 4). body is that of the CONNECT.
func (s *session) login(ctx context.Context, c *chat, body []byte) {
	a, err := s.credentials(body)
	if err == nil {
		err = s.srv.authenticate(a)
	}
	if err == nil {
		err = s.register(ctx, c, a)
	}
	switch kind := im.KindOf(err); {
	case err == nil:
		s.admit(c)
	case kind == im.Unavailable, kind == im.Overloaded, kind == im.Retry, ctx.Err() != nil:
		s.srv.opts.Logger.Warn("login not possible", "app", a.App, "err", err)
		s.postpone(c)
	default:
		if kind == im.Internal {
			s.srv.opts.Logger.Error("login failed", "app", a.App, "err", err)
		}
		s.refuse(c, kind)
	}
}

// credentials finds the login JSON: in the handshake, else, for revision 4, in the CONNECT.
func (s *session) credentials(body []byte) (wire.Auth, error) {
	if s.auth == "" && s.eng.Revision() == engineio.Rev4 {
		return wire.ParseConnectAuth(body)
	}
	return wire.ParseAuth(s.auth)
}

// authenticate decides whether a may log in as the user that it names, or as a passenger. Of the modes, only ModeClient and
// ModePassenger are offered; the others are refused as if their proof were wrong.
func (s *Server) authenticate(a wire.Auth) error {
	const op = "socketio.login"
	mode := a.Mode()
	switch {
	case mode == wire.ModeNone:
		return im.E(op, im.Invalid, "no identity given")
	case mode == wire.ModeClient && !a.Client.Valid():
		return im.E(op, im.Invalid, "malformed user id")
	case a.Install != "" && !a.Install.Valid():
		return im.E(op, im.Invalid, "malformed installation id")
	case !a.App.Valid():
		return im.E(op, im.NotPermitted, "")
	}
	if err := s.opts.Auth.VerifySign(a.App, a.Sign); err != nil {
		return err
	}
	if mode != wire.ModeClient && mode != wire.ModePassenger {
		return im.E(op, im.NotPermitted, "")
	}
	return nil
}

// register makes sure that who logs in exists, and that the installation is the user's. The stay enters the hub first: whoever
// takes messages to who logs in knows that it is here before the command is answered, so that nothing said after admit passes it
// by; and a user's rooms are named while the command is carried out.
func (s *session) register(ctx context.Context, c *chat, a wire.Auth) error {
	if a.Mode() == wire.ModePassenger {
		return s.registerPassenger(ctx, c, a)
	}
	if !s.enterHub(c, im.User(a.App, a.Client), a) {
		return nil // nobody waits for the answer
	}
	return s.srv.opts.Commands.Login(ctx, a.App, a.Client, a.Install)
}

// registerPassenger makes sure that a passenger exists. Its id, if it has none, is drawn here, since the stay enters the hub under
// it; the passenger hears of it when it is admitted.
func (s *session) registerPassenger(ctx context.Context, c *chat, a wire.Auth) error {
	p, err := wire.ParsePassenger(a.Passenger)
	if err != nil {
		return err
	}
	if p.ID == "" {
		p.ID = dispatch.DrawPassenger()
	}
	a.Install = "" // nobody pushes to a passenger
	if !s.enterHub(c, im.Passenger(a.App, p.ID), a) {
		return nil // nobody waits for the answer
	}
	_, err = s.srv.opts.Commands.Welcome(ctx, a.App, p.ID, dispatch.AttributesFrom(p.Attributes))
	return err
}

// enterHub makes the stay one of who's; false = it is gone.
func (s *session) enterHub(c *chat, who im.Address, a wire.Auth) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.chat != c {
		return false
	}
	c.who, c.install, c.entered = who, a.Install, true
	s.srv.opts.Hub.Enter(who, c, a.NotifyAll)
	return true
}

// admit lets who logged in in: the CONNECT is answered, so that the client takes messages, then the hub sends them, then the
// client hears of it.
func (s *session) admit(c *chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.chat != c {
		return // gone meanwhile
	}
	s.welcome(c)
	s.srv.opts.Hub.Admit(c.who, c)
	s.mu.state.phase = online
	c.emit(eventLogin, wire.LoginOK(nil, c.who.ID))
}

// postpone closes the transport alone, so that the client tries again. NB: a refusal would keep it away for good.
func (s *session) postpone(c *chat) {
	if s.present(c) {
		s.eng.Close(ReasonUnavailable)
	}
}

// refuse tells the client that it is not let in, and that it is not to come back by itself (section 3.9).
func (s *session) refuse(c *chat, kind im.ErrorKind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.chat != c {
		return
	}
	s.mu.state.phase = refused
	s.leaveHubLocked(c)
	s.welcome(c)
	c.emit(eventLogin, wire.LoginRefused(nil, kind))
	s.eng.Send(packet.AppendDisconnect(nil, packet.Chat))
	s.srv.opts.Clock.AfterFunc(s.srv.opts.RefuseDelay, func() { s.eng.Close(ReasonRefused) })
}
