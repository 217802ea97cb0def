package fanout

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// slow is what becomes of members who stop reading.
type slow struct {
	// heard counts what they received after that, in reads.
	heard atomic.Int64

	mu   sync.Mutex
	ends map[string]int
	// before is the server when they stopped, after when it was measured.
	before, after reading
	// mostQueued is the most that the server had queued meanwhile, in bytes.
	mostQueued float64
}

// Slow is how some members who stopped reading fared, and the others with them.
type Slow struct {
	// Percent of the members, Stopped in all, did not read.
	Percent float64 `json:"percent"`
	Stopped int     `json:"stopped"`
	// AllReading is the same load in the same run, while all read; what the measurement itself says is about those who went on.
	AllReading Stage `json:"all_reading"`
	// QueuedBytes is the most that the server said it had queued; nil = it does not say.
	QueuedBytes *float64 `json:"queued_bytes"`
	// Disconnects is how many connections the server said it closed for being slow; nil = it does not say.
	Disconnects *float64 `json:"disconnects"`
	// Ended is how those who stopped found their connections when they read again, by the code of a close frame, or "open",
	// "reset", "closed without a code".
	Ended map[string]int `json:"ended"`
}

func (s *slow) ended(how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends[how]++
}

func (s *slow) howMany() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, count := range s.ends {
		n += count
	}
	return n
}

// eachSlow calls do for the numbers of those who stop: the last of each room, none of whom speaks.
func (r *run) eachSlow(do func(number int)) {
	for room := range r.opts.Rooms {
		for place := r.opts.Members - r.opts.stopped(); place < r.opts.Members; place++ {
			do(room*r.opts.Members + place)
		}
	}
}

// narrowSome leaves those who are going to stop little room in the kernel for what they do not read.
func (r *run) narrowSome() {
	r.eachSlow(func(number int) { _ = r.sockets.Narrow(number) }) // one that has ended is noticed elsewhere
}

// stopSome makes some stop reading. Nothing is on its way to them.
func (r *run) stopSome(ctx context.Context) (err error) {
	r.slow.ends = map[string]int{}
	r.eachSlow(func(number int) {
		r.members[number].aside.Store(true)
		_ = r.sockets.Stop(number) // one that has ended is noticed elsewhere
	})
	r.slow.before, err = r.meter.read(ctx)
	return err
}

// loadSlow measures once more.
func (r *run) loadSlow(ctx context.Context) error {
	r.stage.Store(1)
	return r.load(ctx)
}

// lookQueued reads how much the server has queued, now and then until ctx ends.
func (r *run) lookQueued(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if now, err := r.meter.read(ctx); err == nil && r.stage.Load() > 0 {
				r.slow.mostQueued = max(r.slow.mostQueued, now.queued)
			}
		case <-ctx.Done():
			return
		}
	}
}

// resumeSome lets those who stopped read again, until their connections have ended or nothing more comes.
func (r *run) resumeSome(ctx context.Context) (err error) {
	if r.slow.after, err = r.meter.read(ctx); err != nil {
		return err
	}
	stopped := r.opts.Rooms * r.opts.stopped()
	r.enter(phase{name: "reading on", total: int64(stopped), count: func() int64 { return int64(r.slow.howMany()) }})
	r.eachSlow(func(number int) { _ = r.sockets.Resume(number) })
	done := func() bool { return r.slow.howMany() == stopped }
	if err := r.untilQuiet(ctx, r.slow.heard.Load, done); err != nil {
		return err
	}
	for range stopped - r.slow.howMany() {
		r.slow.ended("open")
	}
	return nil
}

// slowResult is for a run that has ended; nil = nobody was to stop.
func (r *run) slowResult() *Slow {
	if r.opts.SlowPercent == 0 {
		return nil
	}
	s := &Slow{
		Percent: r.opts.SlowPercent, Stopped: r.opts.Rooms * r.opts.stopped(), AllReading: r.stageResult(0), Ended: r.slow.ends,
	}
	if r.slow.after.queuedKnown {
		s.QueuedBytes = new(max(r.slow.mostQueued, r.slow.after.queued))
	}
	if r.slow.after.slowKnown {
		s.Disconnects = new(r.slow.after.slow - r.slow.before.slow)
	}
	return s
}
