package hub

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
	"github.com/parley-im/parley/transport/ws"
)

// event names what a delivery is to a user.
type event string

const (
	message  event = "message"
	yourself event = "yourself"
)

// eventOf returns what d is to user: its speaker's other sessions get a mirror.
func eventOf(user im.Address, d *pb.Delivery) event {
	if user.ID == d.GetFrom() {
		return yourself
	}
	return message
}

// frames makes the frame of a delivery when it is first asked for, once per variant.
type frames [variants][]byte

func (f *frames) of(v Variant, e event, d *pb.Delivery) []byte {
	if f[v] == nil {
		f[v] = frameOf(v, e, d)
	}
	return f[v]
}

// frameOf is the place where variants differ.
func frameOf(v Variant, e event, d *pb.Delivery) []byte {
	switch v {
	case WebSocketText:
		return ws.TextFrame(eventPacket(e, d))
	case variants:
	}
	panic("hub: unknown variant")
}

// envelope is room for everything in a message packet but its body.
const envelope = 512

func eventPacket(e event, d *pb.Delivery) []byte {
	dst := make([]byte, 0, envelope+len(d.GetSaid().GetContent().GetBody())+len(d.GetSaid().GetRemark()))
	dst = packet.AppendEventHead(dst, packet.Chat, string(e))
	if e == yourself {
		dst = wire.Yourself(dst, d)
	} else {
		dst = wire.Message(dst, d)
	}
	return append(dst, ']')
}
