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
	// write appends it.
	write func(dst []byte) []byte
	made  []byte
}

// sendTo sends the event to s. The caller holds the lock that keeps s in the table.
func (f *frame) sendTo(s Session) {
	if f.made == nil {
		f.made = assembled(f.write)
	}
	s.Send(f.made)
}

func frameOfMessage(e event, d *pb.Delivery) frame {
	return frame{write: func(dst []byte) []byte { return appendMessage(dst, e, d) }}
}

func frameOfPresence(e event, user im.UserID) frame {
	return frame{write: func(dst []byte) []byte { return appendPresence(dst, e, user) }}
}

// envelope is about what everything in a frame takes but the body and remark of a message.
const envelope = 512

func appendMessage(dst []byte, e event, d *pb.Delivery) []byte {
	return appendEvent(dst, e, func(dst []byte) []byte {
		switch e {
		case yourself:
			return wire.Yourself(dst, d)
		case system:
			return wire.System(dst, d)
		default:
			return wire.Message(dst, d)
		}
	})
}

func appendPresence(dst []byte, e event, user im.UserID) []byte {
	return appendEvent(dst, e, func(dst []byte) []byte { return wire.Presence(dst, user) })
}

// appendEvent appends the frame of an event whose payload write appends.
func appendEvent(dst []byte, e event, write func(dst []byte) []byte) []byte {
	return ws.AppendTextFrame(dst, func(dst []byte) []byte {
		return append(write(packet.AppendEventHead(dst, packet.Chat, string(e))), ']')
	})
}
