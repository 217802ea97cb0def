package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
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
	done     func(*pb.Reply) // nil once it was called
}

func newCalls(n *Node) *calls {
	c := &calls{node: n}
	for i := range c.stripes {
		c.stripes[i].gates = map[im.Address]*gate{}
		c.stripes[i].calls = map[uint64]*call{}
	}
	return c
}

// register makes c the process to which replies come.
func (c *calls) register() error {
	pid, isNew := c.node.system.ProcessRegistry.Add(c, "replies")
	if !isNew {
		return im.E("cluster.start", im.Internal, "the name of the replies is taken")
	}
	c.replies = pid
	return nil
}

// SendUserMessage implements actor.Process. A reply is handled where it was sent, without a mailbox between: a process
// like a future's, not an actor.
func (c *calls) SendUserMessage(_ *actor.PID, message any) {
	switch m := actor.UnwrapEnvelopeMessage(message).(type) {
	case *pb.Reply:
		c.finish(m.Call, m)
	case *actor.DeadLetterResponse:
		// The sender may be sendLocked, which holds a lock that dead needs.
		go c.dead(m.Target)
	}
}

// SendSystemMessage implements actor.Process.
func (c *calls) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (c *calls) Stop(*actor.PID) {}

// Call sends a copy of cmd to the actor at to. Commands to one actor arrive in the order of the calls. It never blocks.
// done is called exactly once, at the latest after timeout, and must not block; it may be called before Call returns.
// The reply's error is Overloaded when the command was not sent for want of room, Retry when it had no known effect and
// may be sent again at once, under the same id, Unavailable when no answer came.
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
	g := s.gateLocked(to)
	if bound := c.fullLocked(g, k); bound != "" {
		c.node.opts.OnOverload(bound)
		return im.E("cluster.call", im.Overloaded, "")
	}
	c.inFlight.Add(1)
	k.gate = g
	g.admit(k)
	s.calls[k.cmd.Call] = k
	if g.pid != nil {
		c.sendLocked(k)
		return nil
	}
	g.waiting = append(g.waiting, k)
	if !g.resolving {
		g.resolving = true
		c.node.running.Go(func() { c.resolve(s, g) })
	}
	return nil
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

// sendLocked sends under the stripe's lock: that is what keeps the order.
func (c *calls) sendLocked(k *call) {
	k.pid = k.gate.pid
	c.node.system.Root.RequestWithCustomSender(k.pid, k.cmd, c.replies)
}

// resolve looks the actor up, and sends what waited, in order.
func (c *calls) resolve(s *stripe, g *gate) {
	identity, kind := identityOf(g.addr)
	pid := c.node.cluster.Get(identity, kind)
	s.mu.Lock()
	waiting := g.resolved(pid)
	if pid != nil {
		for _, k := range waiting {
			if s.calls[k.cmd.Call] == k { // not timed out meanwhile
				c.sendLocked(k)
			}
		}
		waiting = nil
	}
	s.mu.Unlock()
	for _, k := range waiting {
		c.finish(k.cmd.Call, pb.NewError(im.E("cluster.call", im.Retry, "the owner is not known")))
	}
}

// finish ends a call: it answers the caller, unless that was told that no answer came. A second answer is ignored.
func (c *calls) finish(number uint64, reply *pb.Reply) {
	s := &c.stripes[number%stripes]
	s.mu.Lock()
	k := s.calls[number]
	if k == nil {
		s.mu.Unlock()
		return
	}
	delete(s.calls, number)
	moved := reply.Error == uint32(im.Retry)+1 || reply.Error == uint32(im.Unavailable)+1
	k.gate.leave(k, moved)
	done := k.done
	s.mu.Unlock()
	c.inFlight.Add(-1)
	if done != nil {
		done(reply)
	}
}

// dead fails the calls to an actor that does not exist any more.
func (c *calls) dead(target *actor.PID) {
	gone := func(k *call) bool { return k.pid != nil && k.pid.Equal(target) }
	c.fail(gone, im.E("cluster.call", im.Retry, "the actor moved"))
}

// sweep answers calls that are overdue, and forgets ways that are not used, until ctx ends.
func (c *calls) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	pruned := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			c.expire(now)
			if now.Sub(pruned) >= pruneEvery {
				c.prune(now)
				pruned = now
			}
		}
	}
}

func (c *calls) fail(which func(*call) bool, err error) {
	for i := range c.stripes {
		for _, number := range c.stripes[i].find(which) {
			c.finish(number, pb.NewError(err))
		}
	}
}

func (s *stripe) find(which func(*call) bool) []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []uint64
	for number, k := range s.calls {
		if which(k) {
			found = append(found, number)
		}
	}
	return found
}

// close refuses new calls and answers those in flight.
func (c *calls) close() {
	for i := range c.stripes {
		c.stripes[i].mu.Lock()
		c.stripes[i].closed = true
		c.stripes[i].mu.Unlock()
	}
	c.fail(func(*call) bool { return true }, im.E("cluster.call", im.Unavailable, "shutting down"))
}
