package core

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Said returns what cmd says, as it is stored and told.
func Said(cmd *pb.Say) *pb.Said {
	return &pb.Said{
		Speaker: cmd.From, Content: cmd.Content, Remark: cmd.Remark,
		OriginSession: cmd.Session, Push: cmd.Push, ClientId: cmd.ClientId, ByPassenger: cmd.ByPassenger,
	}
}

// System returns the delivery of a system message, which nobody speaks: to is its receiver, of the sort that source says.
func System(content *pb.Content, remark string, push []byte, source pb.Source, to string, ts im.Millis) *pb.Delivery {
	said := &pb.Said{Content: content, Remark: remark, Push: push}
	return &pb.Delivery{System: true, Source: source, To: to, Ts: int64(ts), Said: said}
}

// SayReply answers a message: it got number n, 0 in a room, and the stamp ts. duplicate says that it did before.
func SayReply(n uint64, ts im.Millis, duplicate bool) *pb.Reply {
	var all struct { // in one piece of memory, since each message has one
		reply pb.Reply
		body  pb.Reply_Say
		say   pb.SayReply
	}
	all.say.N, all.say.Ts, all.say.Duplicate = n, int64(ts), duplicate
	all.body.Say = &all.say
	all.reply.Body = &all.body
	return &all.reply
}
