package socketio

import (
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/socketio/packet"
)

// phase is where a session stands on the namespace /chat.
type phase uint8

const (
	// away: no CONNECT came, or a DISCONNECT did.
	away phase = iota
	// entering: a CONNECT came and its login is being checked.
	entering
	// online: the login was accepted.
	online
	// refused: the login was not accepted. The session only waits for its end.
	refused
)

// action is what a packet asks the shell to do.
type action uint8

const (
	// ignore: nothing.
	ignore action = iota
	// enter: check the login, then answer the CONNECT.
	enter
	// greet: answer the CONNECT of the root namespace.
	greet
	// deny: the namespace does not exist.
	deny
	// leave: the login is over.
	leave
	// hear: an event of a logged-in user.
	hear
)

// state decides what packets mean. It is pure: the shell tells it of packets and outcomes and does what it says.
type state struct {
	rev   engineio.Revision
	phase phase
	// connected says that a CONNECT to a namespace that exists came.
	connected bool
	// rooted says that the root namespace is connected.
	rooted bool
}

// newState returns the state of a new session. Revision 3 connects the root namespace unasked.
func newState(rev engineio.Revision) state { return state{rev: rev, rooted: rev == engineio.Rev3} }

// packet takes the next packet.
func (s *state) packet(p packet.Packet) action {
	switch p.Type {
	case packet.Connect:
		return s.connect(p.Namespace)
	case packet.Disconnect:
		if p.Namespace == packet.Chat && (s.phase == entering || s.phase == online) {
			s.phase = away
			return leave
		}
	case packet.Event:
		if p.Namespace == packet.Chat && s.phase == online {
			return hear
		}
	case packet.Ack, packet.ConnectError, packet.BinaryEvent, packet.BinaryAck:
		// The server asks for no acknowledgement, and all payloads are JSON.
	}
	return ignore
}

func (s *state) connect(namespace string) action {
	if namespace != packet.Chat && namespace != packet.Root {
		return deny
	}
	s.connected = true
	switch {
	case namespace == packet.Chat && s.phase == away:
		s.phase = entering
		return enter
	case namespace == packet.Root && !s.rooted:
		s.rooted = true
		return greet
	}
	return ignore
}
