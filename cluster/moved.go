package cluster

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
)

// moveGrace is how long an owner that was deposed has for its answers, from when its successor is known. It sends back what
// it has as soon as it hears of it, so whoever has not answered by then is cut off, or stands still.
const moveGrace = 300 * time.Millisecond

// peerDown fails the calls to a node that is gone. They may have had an effect.
func (c *calls) peerDown(name string) {
	there := func(k *call) bool { return k.pid != nil && k.pid.Address == name }
	c.fail(there, im.E("cluster.call", im.Unavailable, "the owner's node went down"))
}

// moved drops the ways to the actors of a shard whose leader changed, and gives the owners before the present one, nil while
// there is none, until the end of moveGrace.
func (c *calls) moved(shard im.ShardID, owner *actor.PID, now time.Time) {
	for i := range c.stripes {
		s := &c.stripes[i]
		s.forget(shard)
		if owner != nil {
			s.hurry(shard, owner, now.Add(moveGrace))
		}
	}
}

// forget drops the known ways to the actors of a shard.
func (s *stripe) forget(shard im.ShardID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.gates {
		if g.shard == shard {
			g.pid = nil
		}
	}
}

// hurry sets an end to the calls of a shard that went elsewhere than to owner.
func (s *stripe) hurry(shard im.ShardID, owner *actor.PID, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.calls {
		if k.pid != nil && k.end.IsZero() && k.gate.shard == shard && !isBelow(owner, k.pid) {
			k.end = until
		}
	}
}

// isBelow reports whether pid is an activation of owner, which may be nil.
func isBelow(owner, pid *actor.PID) bool {
	return owner != nil && owner.Address == pid.Address && isActivationOf(owner.Id, pid.Id)
}
