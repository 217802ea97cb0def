package fanout

import (
	"context"
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/parley-im/parley/bench/swarm"
)

// guides is how many joins are under way at once.
const guides = 8

// churn is visitors who enter rooms and leave them, at a fixed rate, while it is measured.
type churn struct {
	mu      sync.Mutex
	joins   int64
	refused int64
	trouble error
	latency *hdr.Histogram
}

// Joins is how users who entered rooms meanwhile fared.
type Joins struct {
	// Done joins were due and answered while it was measured, PerSecond so many; Refused were not taken, Trouble is why the first.
	Done      int64   `json:"done"`
	PerSecond float64 `json:"per_second"`
	Refused   int64   `json:"refused"`
	Trouble   string  `json:"trouble,omitempty"`
	// Latency is from when a join was due to its answer.
	Latency Latency `json:"latency_us"`
	// Heard is what visitors heard while they were in.
	Heard int64 `json:"heard"`
}

// startChurn lets visitors come and go from begin on. The channel is closed when nobody does any more.
func (r *run) startChurn(ctx context.Context, begin time.Duration) <-chan struct{} {
	ended := make(chan struct{})
	if r.opts.JoinsPerSecond == 0 {
		close(ended)
		return ended
	}
	if r.churn.latency == nil {
		r.churn.latency = newHistogram()
	}
	turns := make(chan int)
	var guiding sync.WaitGroup
	due := func(turn int) time.Duration { return begin + lasting(float64(turn)/r.opts.JoinsPerSecond) }
	for range guides {
		guiding.Go(func() {
			for turn := range turns {
				r.comeAndGo(ctx, turn, due(turn))
			}
		})
	}
	guiding.Go(func() {
		defer close(turns)
		for turn := 0; int64(due(turn)) < r.to.Load() && swarm.Sleep(ctx, due(turn)-r.now()); turn++ {
			turns <- turn
		}
	})
	go func() {
		guiding.Wait()
		close(ended)
	}()
	return ended
}

// comeAndGo lets one visitor in, and lets another go who has been in for half a round.
func (r *run) comeAndGo(ctx context.Context, turn int, due time.Duration) {
	all := r.opts.visitors()
	in, out := turn%all, (turn+all/2)%all
	first := len(r.members) - all
	err := r.proto.Join(ctx, in%r.opts.Rooms, []int{first + in}, r.sockets.Write)
	r.joined(ctx, due, err)
	if turn >= all/2 {
		_ = r.proto.Leave(ctx, out%r.opts.Rooms, []int{first + out}, r.sockets.Write) // whoever stays hears more, no more
	}
}

func (r *run) joined(ctx context.Context, due time.Duration, err error) {
	if from, to := r.from.Load(), r.to.Load(); int64(due) < from || int64(due) >= to || ctx.Err() != nil {
		return
	}
	c := &r.churn
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.refused++
		if c.trouble == nil {
			c.trouble = err
		}
		return
	}
	c.joins++
	record(c.latency, r.now()-due)
}

// result is for a run whose visitors have left.
func (c *churn) result(seconds float64) *Joins {
	if c.latency == nil {
		return nil
	}
	j := &Joins{Done: c.joins, PerSecond: over(float64(c.joins), seconds), Refused: c.refused, Latency: percentiles(c.latency)}
	if c.trouble != nil {
		j.Trouble = c.trouble.Error()
	}
	return j
}
