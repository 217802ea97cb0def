package cluster

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// activateTimeout bounds one question to an owner. It only spawns, and who waits hears at once when the owner, its node or its office
// is gone (questions.end): so this is for an owner that is far away, or stands still, and longer than any way there and back.
const activateTimeout = 1500 * time.Millisecond

// find asks the owner of addr's shard for its activation. It blocks for activateTimeout at most, and returns nil when there
// is no owner, or none that answers. Whether the name that it got is one of the owner's is for the caller to see.
func (n *Node) find(addr im.Address) *actor.PID {
	shard := addr.Shard(n.opts.Shards)
	owner := n.placement.owner(shard)
	if owner == nil {
		return nil
	}
	activated := n.questions.ask(owner, shard, &pb.Activate{Address: pb.NewAddress(addr)}, activateTimeout)
	if activated.GetActor() == "" {
		return nil
	}
	return actor.NewPID(owner.Address, activated.Actor)
}
