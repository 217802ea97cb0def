package fanout

import (
	"cmp"
	"context"
	"sync"
	"time"
)

const (
	// startDelay is the time between the plan of a measurement and its beginning.
	startDelay = 10 * time.Millisecond
	// overtime is how long after the measurement an open load may still say what was due in it, and how long deliveries
	// are waited for in any.
	overtime = 30 * time.Second
	// defaultQuiet is longer than a server that works takes for anything, an election included.
	defaultQuiet = 3 * time.Second
	// look is how often a waiting step looks whether it is done.
	look = 5 * time.Millisecond

	// minWindows is how often all that a closed load has outstanding must have come while it is measured, lest the edges of the
	// measurement count; maxStretch is how many times as long as asked for it is measured for that, at most; lead is how long before
	// the end it is looked whether that is so, a quarter of the time at most.
	minWindows = 5
	maxStretch = 6
	lead       = 250 * time.Millisecond
)

// load warms up and measures. When a connection ends meanwhile the measurement ends, too: a smaller room is another
// experiment.
func (r *run) load(ctx context.Context) error {
	begin := r.now() + startDelay
	from := begin + r.opts.Warmup()
	to := from + r.opts.Duration()
	r.from.Store(int64(from))
	r.to.Store(int64(to))
	defer context.AfterFunc(ctx, func() { r.sockets.Close(nil) })() // so that nobody waits for a server that does not read
	saying, stop := context.WithCancel(ctx)
	silent, still := r.startVoices(saying, begin), r.startChurn(saying, begin)
	defer func() { stop(); <-silent; <-still }()
	r.enter(phase{name: "warming up", begin: begin, end: from})
	if err := r.await(ctx, from); err != nil {
		return err
	}
	if err := r.observe(ctx); err != nil {
		return err
	}
	r.catchUp(ctx, silent)
	return ctx.Err()
}

// observe measures until the end of the measurement, or until a connection ends.
func (r *run) observe(ctx context.Context) (err error) {
	b := &r.spans[r.stage.Load()]
	b.from = r.from.Load()
	if b.first, err = r.sample(ctx); err != nil {
		return err
	}
	looking, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	if r.opts.SlowPercent > 0 && r.full.queuedKnown {
		watch.Go(func() { r.lookQueued(looking) }) // in both stages, since it costs the server something
	}
	if r.awaitEnd(ctx, b.first.heard) != nil {
		r.to.Store(int64(r.now()))
	}
	b.to = r.to.Load()
	b.last, err = r.sample(ctx)
	stop()
	watch.Wait()
	return err
}

// awaitEnd waits for the end of the measurement, and puts that off while a closed load has heard too little since it had heard so much.
func (r *run) awaitEnd(ctx context.Context, before int64) error {
	from, to := time.Duration(r.from.Load()), time.Duration(r.to.Load())
	asked, enough := to-from, minWindows*int64(r.opts.Window)*int64(r.listeners())
	for ; to < from+maxStretch*asked; to += asked {
		r.to.Store(int64(to))
		r.enter(phase{name: "measuring", begin: from, end: to})
		if err := r.await(ctx, to-min(lead, asked/4)); err != nil {
			return err
		}
		if r.heard()-before >= enough || r.now() >= to { // too late: the voices have ended
			break
		}
	}
	r.to.Store(int64(to))
	return r.await(ctx, to)
}

// startVoices lets everybody speak who is to. The channel is closed when they have ended.
func (r *run) startVoices(ctx context.Context, begin time.Duration) (silent <-chan struct{}) {
	var voices sync.WaitGroup
	for i, v := range r.voices {
		voices.Go(func() {
			s := schedule{begin: begin, rate: r.opts.BroadcastsPerSecond(), voice: i, voices: len(r.voices)}
			if err := r.speak(ctx, v, s); err != nil && ctx.Err() == nil {
				r.cutOff(v.member, err)
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		voices.Wait()
		close(ended)
	}()
	return ended
}

// catchUp waits until an open load has said all that was due. A closed one has nothing more to say.
func (r *run) catchUp(ctx context.Context, silent <-chan struct{}) {
	if r.window != nil {
		return
	}
	r.enter(phase{name: "catching up"})
	timeout := time.NewTimer(overtime)
	defer timeout.Stop()
	select {
	case <-silent:
	case <-timeout.C:
	case <-r.whole.Done():
	case <-ctx.Done():
	}
}

// await waits for a time of the run. The error says why it was not worth waiting.
func (r *run) await(ctx context.Context, at time.Duration) error {
	timer := time.NewTimer(at - r.now())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.whole.Done():
		if r.now() >= at {
			return nil // it was worth it
		}
		return r.trouble()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain waits for what is still on its way.
func (r *run) drain(ctx context.Context) error {
	want, before := r.wanted(), r.heard()
	r.enter(phase{name: "draining", total: want - before, count: func() int64 { return r.heard() - before }})
	return r.untilQuiet(ctx, r.heard, func() bool { return r.heard() >= want })
}

// untilQuiet waits until done, until what count counts has not changed for Options.Quiet, or for a while.
func (r *run) untilQuiet(ctx context.Context, count func() int64, done func() bool) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	quiet, end := cmp.Or(r.opts.Quiet, defaultQuiet), r.now()+overtime
	since, last := r.now(), count()
	for !done() && r.now()-since < quiet && r.now() < end {
		if n := count(); n != last {
			since, last = r.now(), n
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// wanted is how many deliveries all that was said should come to.
func (r *run) wanted() (n int64) {
	for _, v := range r.voices {
		n += v.owed
	}
	return n
}
