package cluster

import (
	"hash/maphash"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
)

// gate is the way from this node to one actor: where it is, and how much is in flight. It is guarded by its stripe.
type gate struct {
	addr  im.Address
	shard im.ShardID
	// pid is nil until the actor was looked up, and again once it was found to have moved.
	pid       *actor.PID
	resolving bool
	// waiting holds what was called while pid is looked up, in order; bounded as part of bytes.
	waiting  []*call
	inFlight int
	bytes    int
	used     time.Time
}

// maxGates bounds the ways that a stripe remembers beyond those in use.
const maxGates = 4096

func (s *stripe) gateLocked(to im.Address, shards uint32) *gate {
	g := s.gates[to]
	if g == nil {
		g = &gate{addr: to, shard: to.Shard(shards)}
		s.gates[to] = g
	}
	return g
}

func (g *gate) admit(k *call) {
	g.inFlight++
	g.bytes += k.bytes
}

// resolved takes the look-up's answer and returns what waited for it.
func (g *gate) resolved(pid *actor.PID) []*call {
	g.resolving = false
	g.pid = pid
	waiting := g.waiting
	g.waiting = nil
	return waiting
}

// leave ends a call; moved says that the actor may be elsewhere.
func (g *gate) leave(k *call, moved bool) {
	g.inFlight--
	g.bytes -= k.bytes
	g.used = k.deadline
	if moved {
		g.lost(k)
	}
}

// lost makes the next call look the actor up anew, which may be elsewhere than k went.
func (g *gate) lost(k *call) {
	if g.pid == k.pid {
		g.pid = nil
	}
}

// prune forgets gates that were not used for a while, and any idle ones over the bound.
func (c *calls) prune(now time.Time) {
	for i := range c.stripes {
		c.stripes[i].prune(now.Add(-gateIdle))
	}
}

func (s *stripe) prune(before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, g := range s.gates {
		if g.inFlight == 0 && !g.resolving && (g.used.Before(before) || len(s.gates) > maxGates) {
			delete(s.gates, addr)
		}
	}
}

var seed = maphash.MakeSeed()

func stripeOf(a im.Address) int { return int(maphash.Comparable(seed, a) % stripes) }
