package core

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Said returns what cmd says, as it is stored and told.
func Said(cmd *pb.Say) *pb.Said {
	return &pb.Said{
		Speaker: cmd.From, Content: cmd.Content, Remark: cmd.Remark,
		OriginSession: cmd.Session, Push: cmd.Push, ClientId: cmd.ClientId,
	}
}

// SayReply answers a message: it got number n, 0 in a room, and the stamp ts. duplicate says that it did before.
func SayReply(n uint64, ts im.Millis, duplicate bool) *pb.Reply {
	return &pb.Reply{Body: &pb.Reply_Say{Say: &pb.SayReply{N: n, Ts: int64(ts), Duplicate: duplicate}}}
}
