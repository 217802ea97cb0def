package actors

import (
	"weak"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// OwnerSeen is Owner with somebody who looks on: for each new activation seen gets a way to ask whether it is in memory. It
// is called from the owner's Receive.
func (h *Host) OwnerSeen(shard im.ShardID, term uint64, seen func(inMemory func() bool)) *actor.Props {
	return actor.PropsFromProducer(func() actor.Actor { return &ownerSeen{newOwner(h, shard, term), seen} })
}

type ownerSeen struct {
	*owner
	seen func(inMemory func() bool)
}

// Receive implements actor.Actor.
func (o *ownerSeen) Receive(ctx actor.Context) {
	before := len(o.children)
	o.owner.Receive(ctx)
	if m, ok := ctx.Message().(*pb.Activate); ok && len(o.children) > before {
		act := weak.Make(o.children[m.Address.Addr()].act)
		o.seen(func() bool { return act.Value() != nil })
	}
}
