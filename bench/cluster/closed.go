package cluster

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// closed has every user say the next message when the last of its slot was answered, and counts answers for a while.
func (c *crowd) closed(ctx context.Context, m *Measurement) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	stop := make(chan struct{})
	var talking sync.WaitGroup
	for u := range c.users {
		for slot := range c.window {
			talking.Go(func() {
				if err := c.talk(ctx, u, slot, stop); err != nil {
					fail(err)
				}
			})
		}
	}
	m.Unanswered = c.users * c.window
	err := c.count(ctx, m)
	close(stop)
	talking.Wait()
	return firstOf(context.Cause(ctx), err, c.settle(ctx))
}

// talk says one message after the other in the groups of a slot, each user beginning elsewhere, until stop is closed.
func (c *crowd) talk(ctx context.Context, u, slot int, stop <-chan struct{}) error {
	mine := c.groupsOf(u, slot)
	for i := u % c.place.opts.Members * len(mine) / c.place.opts.Members; ; i++ {
		select {
		case <-stop:
			return nil
		default:
		}
		if err := c.say(u, mine[i%len(mine)], slot); err != nil {
			return err
		}
		select {
		case <-c.slots[u][slot]:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// groupsOf are the groups of a user's pool that one of its slots talks in: no two slots have one in common, since a server takes
// the messages of a session to one group one after the other.
func (c *crowd) groupsOf(u, slot int) (mine []int) {
	pools := c.users / c.place.opts.Members
	for g := u/c.place.opts.Members + slot*pools; g < len(c.groups); g += pools * c.window {
		mine = append(mine, g)
	}
	return mine
}

// count waits until the load is warm, then counts.
func (c *crowd) count(ctx context.Context, m *Measurement) error {
	phase := fmt.Sprintf("%d conversations, closed", len(c.groups))
	for began := time.Now(); time.Since(began) < c.place.opts.Warmup || c.acked.Load() < int64(len(c.groups)); {
		c.place.progress(phase+", warming up", c.acked.Load(), 0)
		if err := wait(ctx, lookEvery); err != nil {
			return err
		}
	}
	c.place.progress(phase, 0, 0)
	before, err := c.place.cpu(ctx)
	if err != nil {
		return err
	}
	own, acked, refused, began := machine.CPU(), c.acked.Load(), c.refused.Load(), time.Now()
	if err := wait(ctx, c.place.opts.Duration); err != nil {
		return err
	}
	lasted, done := time.Since(began).Seconds(), float64(c.acked.Load()-acked)
	m.PerSecond, m.Refused = rounded(done/lasted), c.refused.Load()-refused
	m.ClientCPU = perThousand((machine.CPU() - own).Seconds(), done)
	after, err := c.place.cpu(ctx)
	m.ServerCPU = perThousand(after-before, done)
	return err
}

// perThousand is milliseconds for a thousand; 0 where there was nothing.
func perThousand(seconds, of float64) float64 {
	if of == 0 {
		return 0
	}
	return rounded(1e6 * seconds / of)
}

// rounded leaves three decimals: no figure here is good for more.
func rounded(f float64) float64 { return math.Round(f*1e3) / 1e3 }
