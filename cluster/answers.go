package cluster

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// register makes c the process to which replies come.
func (c *calls) register() error {
	pid, isNew := c.node.system.ProcessRegistry.Add(c, repliesName)
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
		c.finish(m.Call, m, c.node.opts.Name)
	case *actor.DeadLetterResponse:
		// The sender may be sendLocked, which holds a lock that dead needs.
		go c.dead(m.Target)
	}
}

// SendSystemMessage implements actor.Process.
func (c *calls) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (c *calls) Stop(*actor.PID) {}

// answered takes an answer from another node, and reports whether it came from where the call went.
func (c *calls) answered(from string, reply *pb.Reply) bool {
	return c.finish(reply.GetCall(), reply, from)
}

// finish ends a call: it answers the caller, unless that was told that no answer came. A second answer is ignored, and so is
// one from another node than the call went to; from "" is this node's own word.
func (c *calls) finish(number uint64, reply *pb.Reply, from string) bool {
	s := &c.stripes[number%stripes]
	s.mu.Lock()
	k := s.calls[number]
	if k == nil || from != "" && k.pid.GetAddress() != from {
		s.mu.Unlock()
		return k == nil
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
	return true
}

var errMoved = im.E("cluster.call", im.Retry, "the actor moved")

// dead fails the calls to an actor of this node that does not exist any more. None was taken: an activation answers all that it
// has before it ends, and a node that stops ends its calls before its actors.
func (c *calls) dead(target *actor.PID) {
	gone := func(k *call) bool { return k.pid != nil && k.pid.Equal(target) }
	c.fail(gone, errMoved)
}

var errLeft = im.E("cluster.call", im.Unavailable, "the actor ended on another node")

// nobody fails the call of that number, which found no actor on another node and was not taken. Calls that went to the same actor,
// which are in the same stripe, will not be answered either, but may have been taken: that node may be stopping. It reports
// whether the call went to target.
func (c *calls) nobody(target *actor.PID, number uint64) bool {
	s := &c.stripes[number%stripes]
	gone := func(k *call) bool { return k.pid != nil && k.pid.Equal(target) }
	s.mu.Lock()
	k := s.calls[number]
	went := k == nil || gone(k) // nil: the first of them took it along
	s.mu.Unlock()
	if k == nil || !went {
		return went
	}
	c.finish(number, pb.NewError(errMoved), "")
	for _, n := range s.find(gone) {
		c.finish(n, pb.NewError(errLeft), "")
	}
	return true
}

func (c *calls) fail(which func(*call) bool, err error) {
	for i := range c.stripes {
		for _, number := range c.stripes[i].find(which) {
			c.finish(number, pb.NewError(err), "")
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
