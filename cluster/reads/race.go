package reads

import (
	"context"
	"slices"
	"time"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// race asks the nodes that have something, one after the other, until one of them begins to answer.
type race struct {
	r        *Reads
	question *pb.Read
	// nodes returns whom to ask in a round, the best one first.
	nodes func() []string
	// nobody is the error when there is none.
	nobody error
	// within is how long all of it may take, late after what time the next node is asked beside one that has not begun.
	within, late time.Duration

	// left are the nodes of this round that were not asked yet.
	left []string
	// running are the attempts under way; each says once to done that it is over. There is room for none: run waits for all.
	running []*attempt
	done    chan *attempt
	// last is why the last attempt failed.
	last error
}

// attempt is the asking of one node.
type attempt struct {
	cancel context.CancelFunc
	a      *answer
	err    error
}

// run returns the first answer that begins; whoever calls it ends it. It fails with what a node says, unless that is Unavailable, and as
// Unavailable when no answer begins in time, and when ctx ends or Close is called.
func (c *race) run(ctx context.Context) (*answer, error) {
	c.done, c.last = make(chan *attempt), c.nobody
	defer c.giveUp()
	late, next := time.NewTimer(c.within), time.NewTimer(0)
	defer late.Stop()
	defer next.Stop()
	for {
		select {
		case <-next.C:
			next.Reset(c.askNext(ctx))
		case over := <-c.done:
			if over.err == nil || !isUnavailable(over.err) {
				return c.ended(over), over.err
			}
			c.ended(over)
			c.last = over.err
			next.Reset(c.pauseAfterFailure())
		case <-late.C:
			return nil, unavailable(opAsk, c.last)
		case <-ctx.Done():
			return nil, unavailable(opAsk, context.Cause(ctx))
		case <-c.r.ctx.Done():
			return nil, errClosed
		}
	}
}

// never is longer than any race.
const never = time.Hour

// askNext asks the next node of the round, if there is one, and returns after what time it is to be called again.
func (c *race) askNext(ctx context.Context) time.Duration {
	if len(c.left) == 0 && len(c.running) == 0 {
		c.left = c.nodes()
	}
	if len(c.left) == 0 {
		return c.pauseAfterFailure()
	}
	node := c.left[0]
	c.left = c.left[1:]
	ctx, cancel := context.WithCancel(ctx)
	t := &attempt{cancel: cancel}
	c.running = append(c.running, t)
	go func() {
		t.a, t.err = c.r.ask(ctx, node, c.question)
		c.done <- t
	}()
	if len(c.left) == 0 {
		return never
	}
	return c.late
}

// pauseAfterFailure returns when to ask again: at once while somebody was not asked, and otherwise when all have failed.
func (c *race) pauseAfterFailure() time.Duration {
	switch {
	case len(c.left) > 0:
		return 0
	case len(c.running) > 0:
		return never
	}
	return c.r.o.times.pause
}

// ended takes an attempt that is over out, and returns its answer, if it has one.
func (c *race) ended(t *attempt) *answer {
	c.running = slices.DeleteFunc(c.running, func(other *attempt) bool { return other == t })
	if t.a == nil {
		t.cancel()
		return nil
	}
	onEnd := t.a.onEnd
	t.a.onEnd = func(err error) { onEnd(err); t.cancel() }
	return t.a
}

// giveUp ends the attempts that are under way.
func (c *race) giveUp() {
	for _, t := range c.running {
		t.cancel()
	}
	for len(c.running) > 0 {
		if a := c.ended(<-c.done); a != nil {
			a.end(context.Canceled)
		}
	}
}
