package hub

import (
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
	"github.com/parley-im/parley/transport/ws"
)

const (
	eventMessage  = "message"
	eventYourself = "yourself"
)

func eventOf(d *pb.Delivery) string {
	if d.GetYourself() {
		return eventYourself
	}
	return eventMessage
}

// frames makes the frame of a delivery when it is first asked for, once per variant.
type frames [variants][]byte

func (f *frames) of(v Variant, d *pb.Delivery) []byte {
	if f[v] == nil {
		f[v] = frameOf(v, d)
	}
	return f[v]
}

// frameOf is the place where variants differ.
func frameOf(v Variant, d *pb.Delivery) []byte {
	switch v {
	case WebSocketText:
		return ws.TextFrame(eventPacket(d))
	case variants:
	}
	panic("hub: unknown variant")
}

// envelope is room for everything in a message packet but its body.
const envelope = 512

func eventPacket(d *pb.Delivery) []byte {
	dst := make([]byte, 0, envelope+len(d.GetSaid().GetContent().GetBody())+len(d.GetSaid().GetRemark()))
	dst = packet.AppendEventHead(dst, packet.Chat, eventOf(d))
	if d.GetYourself() {
		dst = wire.Yourself(dst, d)
	} else {
		dst = wire.Message(dst, d)
	}
	return append(dst, ']')
}
