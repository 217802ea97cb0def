package socketio

import (
	"context"
	"strings"
	"sync"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
)

// Reasons of this package for the end of a session.
const (
	// ReasonRefused: the login was refused.
	ReasonRefused engineio.Reason = "login refused"
	// ReasonNoConnect: no CONNECT came in time.
	ReasonNoConnect engineio.Reason = "no connect"
	// ReasonUnavailable: the login could not be checked; the client is to come back.
	ReasonUnavailable engineio.Reason = "login unavailable"
	// ReasonEvicted: the session may have missed something; the client is to come back.
	ReasonEvicted engineio.Reason = "evicted"
)

// session is the shell of one Engine.IO session.
type session struct {
	srv *Server
	eng *engineio.Session
	// auth is the login JSON of the handshake, kept for later CONNECTs; "" = none came there.
	auth string
	// flight counts what is under way, in lanes or past them.
	flight flight
	lanes  lanes
	// patience ends a session of revision 4 that sends no CONNECT; nil for revision 3.
	patience engineio.Timer

	// mu is taken before the hub's locks and those of eng.
	mu struct {
		sync.Mutex
		state state
		// chat is the present stay on /chat; nil when state is away, and after the end.
		chat *chat
	}
}

func newSession(srv *Server, eng *engineio.Session, auth string) *session {
	s := &session{srv: srv, eng: eng, auth: keep(auth)}
	s.flight = flight{
		pause: eng.Pause, resume: eng.Resume,
		maxJobs: srv.opts.MaxInFlight, maxBytes: srv.opts.MaxInFlightBytes,
	}
	s.lanes = lanes{start: srv.tasks.start, flight: &s.flight}
	s.mu.state = newState(eng.Revision())
	if eng.Revision() == engineio.Rev4 {
		s.patience = srv.opts.Clock.AfterFunc(srv.opts.ConnectTimeout, s.expectConnect)
	} else {
		eng.Send(packet.AppendConnect(nil, packet.Root, nil))
	}
	return s
}

// maxAuthBytes is the length of the longest login that package wire takes. Of a longer one, a byte more is kept, for which
// it is refused.
const maxAuthBytes = 64 << 10

// keep copies a login out of its request, which can be several times as large.
func keep(auth string) string { return strings.Clone(auth[:min(len(auth), maxAuthBytes+1)]) }

// expectConnect closes the session if no CONNECT came, or only to what does not exist.
func (s *session) expectConnect() {
	s.mu.Lock()
	connected := s.mu.state.connected
	s.mu.Unlock()
	if !connected {
		s.eng.Close(ReasonNoConnect)
	}
}

// OnMessage takes a Socket.IO packet; see engineio.Handler.
func (s *session) OnMessage(data []byte) {
	p, err := packet.Decode(data)
	if err != nil {
		return
	}
	act, c := s.step(p)
	switch act {
	case enter:
		s.enter(c, p.Data)
	case greet:
		s.eng.Send(packet.AppendConnect(nil, packet.Root, s.connectBody(newChatID())))
	case deny:
		s.deny(p.Namespace)
	case hear:
		s.hear(c, p)
	case leave, ignore:
	}
}

// step moves the state on. It returns the stay on /chat that the packet begins or belongs to.
func (s *session) step(p packet.Packet) (action, *chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	act := s.mu.state.packet(p)
	switch act {
	case enter:
		s.mu.chat = &chat{id: newChatID(), eng: s.eng}
	case leave:
		s.leaveLocked()
	case hear, greet, deny, ignore:
	}
	return act, s.mu.chat
}

// leaveLocked ends the stay on /chat: nothing is delivered or answered any more.
func (s *session) leaveLocked() {
	if s.mu.chat != nil {
		s.leaveHubLocked(s.mu.chat)
		s.mu.chat = nil
	}
}

func (s *session) leaveHubLocked(c *chat) {
	if c.entered {
		c.entered = false
		s.srv.opts.Hub.Leave(c.who, c)
	}
}

// enter checks the login of a stay; the CONNECT is answered together with it.
func (s *session) enter(c *chat, body []byte) {
	s.lanes.add(loginLane, job{size: len(body), do: func(ctx context.Context) { s.login(ctx, c, body) }})
}

// welcome answers the CONNECT of a stay whose login has been decided. NB: not earlier. Clients keep what is said while
// they are away and send it at once when this arrives, without waiting for `login`; it would get lost.
func (s *session) welcome(c *chat) {
	s.eng.Send(packet.AppendConnect(nil, packet.Chat, s.connectBody(c.id)))
}

// connectBody is what a CONNECT is answered with: revision 3 knows no body.
func (s *session) connectBody(id im.SessionID) []byte {
	if s.eng.Revision() == engineio.Rev3 {
		return nil
	}
	return append(wire.AppendString([]byte(`{"sid":`), string(id)), '}')
}

// maxNamespaceLen bounds what is said back to the client about a namespace that does not exist.
const maxNamespaceLen = 256

// deny refuses an unknown namespace; the session stays (section 3.8).
func (s *session) deny(namespace string) {
	if len(namespace) > maxNamespaceLen {
		return
	}
	body := `"Invalid namespace"`
	if s.eng.Revision() == engineio.Rev4 {
		body = `{"message":"Invalid namespace"}`
	}
	s.eng.Send(packet.AppendConnectError(nil, namespace, []byte(body)))
}

// OnClose takes the end of the session; see engineio.Handler.
func (s *session) OnClose(reason engineio.Reason) {
	if s.patience != nil {
		s.patience.Stop()
	}
	s.mu.Lock()
	s.leaveLocked()
	s.mu.Unlock()
	s.srv.opts.Hooks.OnDisconnect(reason)
}
