package socketio

import (
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/socketio/packet"
)

// chat is one stay of a session on the namespace /chat, from CONNECT to DISCONNECT or the end. It is the hub.Session:
// a session that leaves and comes back is another one.
type chat struct {
	id  im.SessionID
	eng *engineio.Session

	// who is the user or passenger, install the installation of the login ("" = none; a passenger has none). They are set
	// when the login has been checked, and never changed afterwards.
	who     im.Address
	install im.InstallID
	// entered says that the stay is in the hub. Guarded by the session's mu, as is the setting of the two above.
	entered bool
}

// newChatID draws the id of a stay. It is not the sid of the Engine.IO session, whoever knows which may use it.
func newChatID() im.SessionID { return im.SessionID(engineio.NewID()) }

// ID is documented at hub.Session.
func (c *chat) ID() im.SessionID { return c.id }

// Send is documented at hub.Session.
func (c *chat) Send(frame []byte) { c.eng.SendFrame(frame) }

// SendAll is documented at hub.Session.
func (c *chat) SendAll(b hub.Batch, now bool) { c.eng.SendFrames(b.Frames, b.Joined, now) }

// Close is documented at hub.Session.
func (c *chat) Close() { c.eng.Close(ReasonEvicted) }

// Events with one receiver.
const (
	eventLogin = "login"
	eventAck   = "ack"
)

// Events from clients.
const (
	eventSay    = "say"
	eventLogout = "logout"
)

// emit sends an event; payload is the JSON of its one argument.
func (c *chat) emit(event string, payload []byte) {
	b := packet.AppendEventHead(nil, packet.Chat, event)
	b = append(b, payload...)
	c.eng.Send(append(b, ']'))
}
