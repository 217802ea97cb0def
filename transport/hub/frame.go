package hub

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
	"github.com/parley-im/parley/transport/ws"
)

// event names what sessions get.
type event string

const (
	message  event = "message"
	yourself event = "yourself"
	system   event = "sys"
	online   event = "online"
	offline  event = "offline"
	// To whom the user is no friend.
	onlineToAll  event = "online_x"
	offlineToAll event = "offline_x"
)

// eventOf returns what d is to who gets it: its speaker's other sessions get a mirror.
func eventOf(who im.Address, d *pb.Delivery) event {
	switch {
	case d.GetSystem():
		return system
	case who.ID == d.GetFrom() && who.Kind == speakerKind(d):
		return yourself
	}
	return message
}

// speakerKind tells the speaker of d from a listener of the same id: a passenger and a user may have the same.
func speakerKind(d *pb.Delivery) im.Kind {
	if d.GetSource() == pb.Source_PASSENGER {
		return im.KindPassenger
	}
	return im.KindUser
}

// frame makes the frame of an event when it is first sent, for all sessions.
type frame struct {
	// packet makes the Engine.IO packet.
	packet func() []byte
	made   []byte
}

// sendTo sends the event to s. The caller holds the lock that keeps s in the table.
func (f *frame) sendTo(s Session) {
	if f.made == nil {
		f.made = ws.TextFrame(f.packet())
	}
	s.Send(f.made)
}

func frameOfMessage(e event, d *pb.Delivery) frame {
	return frame{packet: func() []byte { return messagePacket(e, d) }}
}

func frameOfPresence(e event, user im.UserID) frame {
	return frame{packet: func() []byte { return presencePacket(e, user) }}
}

// envelope is room for everything in a packet but the body and remark of a message.
const envelope = 512

func messagePacket(e event, d *pb.Delivery) []byte {
	dst := make([]byte, 0, envelope+len(d.GetSaid().GetContent().GetBody())+len(d.GetSaid().GetRemark()))
	dst = packet.AppendEventHead(dst, packet.Chat, string(e))
	switch e {
	case yourself:
		dst = wire.Yourself(dst, d)
	case system:
		dst = wire.System(dst, d)
	default:
		dst = wire.Message(dst, d)
	}
	return append(dst, ']')
}

func presencePacket(e event, user im.UserID) []byte {
	dst := packet.AppendEventHead(make([]byte, 0, envelope), packet.Chat, string(e))
	return append(wire.Presence(dst, user), ']')
}
