package cluster

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/crew"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	stripes    = 64 // a call's number modulo this is its stripe
	sweepEvery = 50 * time.Millisecond
	pruneEvery = 5 * time.Second
	// gateIdle is how long a way to an actor is remembered unused.
	gateIdle = time.Minute
)

// calls holds the commands in flight from this node, and the way to each actor that they go to.
type calls struct {
	node     *Node
	last     atomic.Uint64
	inFlight atomic.Int64
	// replies is the name under which answers come.
	replies *actor.PID
	// crew looks up the ways to actors.
	crew    crew.Crew
	stripes [stripes]stripe
}

// stripe is a part of the table, by address.
type stripe struct {
	mu     sync.Mutex
	gates  map[im.Address]*gate
	calls  map[uint64]*call
	closed bool
}

// call is a command in flight: until it is answered, or overdue for keepOverdue.
type call struct {
	cmd      *pb.Command // nil once it is overdue
	gate     *gate
	pid      *actor.PID // where it was sent; nil while the way is looked up
	bytes    int
	deadline time.Time
	// end, when set, is when the call ends though it has time: its owner was deposed.
	end  time.Time
	done func(*pb.Reply) // nil once it was called
}

func newCalls(n *Node) *calls {
	c := &calls{node: n}
	c.last.Store(rand.Uint64()) // see names.go
	for i := range c.stripes {
		c.stripes[i].gates = map[im.Address]*gate{}
		c.stripes[i].calls = map[uint64]*call{}
	}
	return c
}

// Call sends a copy of cmd to the actor at to. Commands to one actor arrive in the order of the calls. It never blocks.
// done is called exactly once, some 50 ms after timeout at the latest, and must not block; it may be called before Call returns.
// The reply's error is Overloaded when the command was not sent for want of room, Retry when it had no known effect and
// may be sent again at once, under the same id, Unavailable when no answer came, TooLong when command or answer is longer than
// a link takes.
func (n *Node) Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply)) {
	c := n.calls
	slot := stripeOf(to)
	number := c.last.Add(1)*stripes + uint64(slot)
	sent := &pb.Command{Call: number, Id: cmd.Id, Retried: cmd.Retried, Body: cmd.Body}
	k := &call{cmd: sent, bytes: sent.Weight(), deadline: time.Now().Add(timeout), done: done}
	if err := c.enter(&c.stripes[slot], to, k); err != nil {
		done(pb.NewError(err))
	}
}

// enter admits k and sends it, or queues it while the way to the actor is looked up.
func (c *calls) enter(s *stripe, to im.Address, k *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return im.E("cluster.call", im.Unavailable, "shutting down")
	}
	k.gate = s.gateLocked(to, c.node.opts.Shards)
	if bound := c.fullLocked(k.gate, k); bound != "" {
		c.node.opts.OnOverload(bound)
		return im.E("cluster.call", im.Overloaded, "")
	}
	if k.gate.pid == nil {
		c.waitLocked(s, k)
	} else if err := c.sendLocked(k); err != nil {
		return err
	}
	c.inFlight.Add(1)
	k.gate.admit(k)
	s.calls[k.cmd.Call] = k
	return nil
}

// waitLocked queues k until the way is known.
func (c *calls) waitLocked(s *stripe, k *call) {
	g := k.gate
	g.waiting = append(g.waiting, k)
	if !g.resolving {
		g.resolving = true
		c.node.running.Add(1)
		c.crew.Go(func() {
			defer c.node.running.Done()
			c.resolve(s, g)
		})
	}
}

// fullLocked names the bound that k would break, "" when there is room.
func (c *calls) fullLocked(g *gate, k *call) string {
	switch {
	case g.inFlight > 0 && g.bytes+k.bytes > c.node.opts.MaxBytesPerActor:
		return ActorCalls
	case c.inFlight.Load() >= c.node.opts.MaxCalls:
		return NodeCalls
	default:
		return ""
	}
}

// sendLocked sends under the stripe's lock: that is what keeps the order. Its error is the caller's answer: k was not sent.
func (c *calls) sendLocked(k *call) error {
	err := c.node.send(k.gate.pid, k.cmd, c.replies)
	if err == nil {
		k.pid = k.gate.pid
		return nil
	}
	switch im.KindOf(err) { //nolint:exhaustive // no other kind says more than itself
	case im.Unavailable:
		return im.E("cluster.call", im.Retry, "the owner's node cannot be reached")
	case im.Overloaded:
		c.node.opts.OnOverload(LinkCalls)
		return im.E("cluster.call", im.Overloaded, "")
	default:
		return err
	}
}

// resolve looks the actor up, and sends what waited, in order.
func (c *calls) resolve(s *stripe, g *gate) {
	pid := c.node.find(g.addr)
	s.mu.Lock()
	// What is not below the present owner was said by one that is deposed, whose calls moved has looked through already, or
	// is no actor that commands are for.
	if pid != nil && !isBelow(c.node.placement.owner(g.shard), pid) {
		pid = nil
	}
	unsent := map[*call]error{}
	for _, k := range g.resolved(pid) {
		if s.calls[k.cmd.Call] != k { // timed out meanwhile
			continue
		}
		if err := c.sendWaitedLocked(k); err != nil {
			unsent[k] = err
		}
	}
	s.mu.Unlock()
	for k, err := range unsent {
		c.finish(k.cmd.Call, pb.NewError(err), "")
	}
}

func (c *calls) sendWaitedLocked(k *call) error {
	if k.gate.pid == nil {
		return im.E("cluster.call", im.Retry, "the owner is not known")
	}
	return c.sendLocked(k)
}
