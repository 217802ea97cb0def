package cluster

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// flight is an open load: message i is due at begin + i/rate, whatever became of those before.
type flight struct {
	begin time.Time
	rate  float64
	// took has the time from when each message was due to its answer, late from then to when it was said; 0 = not yet, negative = it
	// was refused. Each is written once.
	took []atomic.Int64
	late []time.Duration
	left atomic.Int64
	// landing is closed when all are answered.
	landing chan struct{}
}

func newFlight(rate float64, lasts time.Duration) *flight {
	count := max(int(rate*lasts.Seconds()), 1)
	f := &flight{begin: time.Now(), rate: rate, took: make([]atomic.Int64, count), landing: make(chan struct{})}
	f.left.Store(int64(count))
	return f
}

func (f *flight) due(i int) time.Time {
	return f.begin.Add(time.Duration(float64(i) / f.rate * float64(time.Second)))
}

// landed takes the answer to message i.
func (f *flight) landed(i int, ok bool) {
	took := max(int64(time.Since(f.due(i))), 1)
	if !ok {
		took = -1
	}
	if i < len(f.took) && f.took[i].CompareAndSwap(0, took) && f.left.Add(-1) == 0 {
		close(f.landing)
	}
}

// open says messages at a fixed rate, one conversation after the other, and takes the time of their answers. Those of the warm-up
// are left out.
func (c *crowd) open(ctx context.Context, m *Measurement) error {
	o := c.place.opts
	f := newFlight(o.Rate, o.Warmup+o.Duration)
	c.flight.Store(f)
	c.place.progress(fmt.Sprintf("%d conversations, open", len(c.groups)), 0, 0)
	for i := range f.took {
		if !swarm.Sleep(ctx, time.Until(f.due(i))) {
			return context.Cause(ctx)
		}
		f.late = append(f.late, max(time.Since(f.due(i)), 0))
		if err := c.say(c.speaker(i), i%len(c.groups), c.window+i); err != nil {
			return err
		}
	}
	select {
	case <-f.landing:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(settleTimeout):
		return fmt.Errorf("%d of %d messages are not answered", f.left.Load(), len(f.took))
	}
	f.judge(m, int(o.Rate*o.Warmup.Seconds()))
	return c.settle(ctx)
}

// speaker is who says message i: a member of the group whose turn it is, another one each time.
func (c *crowd) speaker(i int) int {
	o := c.place.opts
	group := i % len(c.groups)
	return o.pool(group) + (group/o.Pools+i/len(c.groups))%o.Members
}

// judge fills in what the messages from the first on say.
func (f *flight) judge(m *Measurement, first int) {
	var took []time.Duration
	for i := first; i < len(f.took); i++ {
		if t := f.took[i].Load(); t > 0 {
			took = append(took, time.Duration(t))
		} else {
			m.OpenRefused++
		}
	}
	m.Latency, m.SayDelay = latency(took), latency(f.late[min(first, len(f.late)):])
}
