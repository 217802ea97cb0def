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
	online   event = "online"
	offline  event = "offline"
)

// eventOf returns what d is to user: its speaker's other sessions get a mirror.
func eventOf(user im.Address, d *pb.Delivery) event {
	if user.ID == d.GetFrom() {
		return yourself
	}
	return message
}

// frames makes the frame of an event when it is first asked for, once per variant.
type frames struct {
	// packet makes the Engine.IO packet.
	packet func() []byte
	made   [variants][]byte
}

// sendTo sends the event to s. The caller holds the lock that keeps s in the table.
func (f *frames) sendTo(s Session) {
	v := s.Variant()
	if f.made[v] == nil {
		f.made[v] = frameOf(v, f.packet())
	}
	s.Send(f.made[v])
}

// frameOf is the place where variants differ.
func frameOf(v Variant, packet []byte) []byte {
	switch v {
	case WebSocketText:
		return ws.TextFrame(packet)
	case variants:
	}
	panic("hub: unknown variant")
}

func framesOfMessage(e event, d *pb.Delivery) frames {
	return frames{packet: func() []byte { return messagePacket(e, d) }}
}

func framesOfPresence(e event, friend im.UserID) frames {
	return frames{packet: func() []byte { return presencePacket(e, friend) }}
}

// envelope is room for everything in a packet but the body and remark of a message.
const envelope = 512

func messagePacket(e event, d *pb.Delivery) []byte {
	dst := make([]byte, 0, envelope+len(d.GetSaid().GetContent().GetBody())+len(d.GetSaid().GetRemark()))
	dst = packet.AppendEventHead(dst, packet.Chat, string(e))
	if e == yourself {
		dst = wire.Yourself(dst, d)
	} else {
		dst = wire.Message(dst, d)
	}
	return append(dst, ']')
}

func presencePacket(e event, friend im.UserID) []byte {
	dst := packet.AppendEventHead(make([]byte, 0, envelope), packet.Chat, string(e))
	return append(wire.Presence(dst, friend), ']')
}
