package socketio

import (
	"testing"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/socketio/packet"
)

// Every packet in every phase, for both revisions.
func TestState(t *testing.T) {
	t.Parallel()
	connect := packet.Packet{Type: packet.Connect, Namespace: "/chat"}
	root := packet.Packet{Type: packet.Connect, Namespace: "/"}
	unknown := packet.Packet{Type: packet.Connect, Namespace: "/x"}
	disconnect := packet.Packet{Type: packet.Disconnect, Namespace: "/chat"}
	event := packet.Packet{Type: packet.Event, Namespace: "/chat"}
	elsewhere := packet.Packet{Type: packet.Event, Namespace: "/"}
	for _, tc := range []struct {
		name  string
		rev   engineio.Revision
		phase phase
		in    packet.Packet
		want  action
		after phase
	}{
		{"connect", engineio.Rev3, away, connect, enter, entering},
		{"second connect", engineio.Rev3, entering, connect, ignore, entering},
		{"connect online", engineio.Rev3, online, connect, ignore, online},
		{"connect refused", engineio.Rev3, refused, connect, ignore, refused},
		{"root is connected", engineio.Rev3, away, root, ignore, away},
		{"root of revision 4", engineio.Rev4, online, root, greet, online},
		{"unknown namespace", engineio.Rev4, away, unknown, deny, away},
		{"disconnect away", engineio.Rev3, away, disconnect, ignore, away},
		{"disconnect entering", engineio.Rev3, entering, disconnect, leave, away},
		{"disconnect online", engineio.Rev3, online, disconnect, leave, away},
		{"disconnect refused", engineio.Rev3, refused, disconnect, ignore, refused},
		{"event away", engineio.Rev3, away, event, ignore, away},
		{"event entering", engineio.Rev3, entering, event, ignore, entering},
		{"event online", engineio.Rev3, online, event, hear, online},
		{"event refused", engineio.Rev3, refused, event, ignore, refused},
		{"event elsewhere", engineio.Rev3, online, elsewhere, ignore, online},
		{"binary", engineio.Rev3, online, packet.Packet{Type: packet.BinaryEvent, Namespace: "/chat"}, ignore, online},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newState(tc.rev)
			s.phase = tc.phase
			if got := s.packet(tc.in); got != tc.want || s.phase != tc.after {
				t.Errorf("got action %d, phase %d; want %d, %d", got, s.phase, tc.want, tc.after)
			}
			if known := tc.in.Type == packet.Connect && tc.want != deny; known != s.connected {
				t.Errorf("connected = %v", s.connected)
			}
		})
	}
}
