package cluster

import (
	"context"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// keepOverdue is how long a call that timed out goes on taking room. Its command lies in the actor's mailbox until the
// actor takes it, which the answer shows; if that made no room for others, a mailbox in front of an actor that stands
// still would grow with every time-out. An actor that was stopped with its mailbox answers nobody, and must not bar the
// way to the next one for longer than this.
const keepOverdue = time.Minute

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

// expire answers the callers whose time is up, and gives back the room of what was overdue for long.
func (c *calls) expire(now time.Time) {
	late := im.E("cluster.call", im.Unavailable, "no answer in time")
	for i := range c.stripes {
		callers, over := c.stripes[i].expire(now)
		for _, done := range callers {
			done(pb.NewError(late))
		}
		for _, number := range over {
			c.finish(number, pb.NewError(late), "")
		}
	}
}

// expire returns who is to be told that no answer came, of calls that stay, and the numbers of the calls that end.
func (s *stripe) expire(now time.Time) (callers []func(*pb.Reply), over []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for number, k := range s.calls {
		switch {
		case !k.end.IsZero() && k.end.Before(now): // its owner was deposed
			over = append(over, number)
		case !k.deadline.Before(now):
		case k.pid == nil, k.deadline.Add(keepOverdue).Before(now): // never sent, or lost
			over = append(over, number)
		case k.done != nil:
			callers = append(callers, k.done)
			k.overdue()
		}
	}
	return callers, over
}

// overdue marks a call whose caller was answered: it only takes room from here on. The command is the mailbox's.
func (k *call) overdue() {
	k.cmd, k.done = nil, nil
	k.gate.lost(k)
}
