package connect

import (
	"context"
	"errors"
	"time"
)

const (
	// lookEvery is the time between two looks at a node that is waited for.
	lookEvery = 200 * time.Millisecond
	// restTimeout ends the wait for a node's memory to be at rest: Go gives memory back for long, in ever smaller portions. It is longer than a node takes to
	// find itself at rest, 8 s (docs/limits.md, L272), and then to be still for 10 s, and shorter than the time that a session of Engine.IO 4 has to log in, 45 s.
	restTimeout = 25 * time.Second
	// goneTimeout is longer than a silent session lasts (85 s) and its idle connection after it (120 s).
	goneTimeout = 5 * time.Minute
	// afterlife is how long something of an actor that has ended is remembered: it retires for up to 15 s, ways to it are kept
	// for a minute (docs/limits.md, L56 and L49), and both are looked through every 5 s.
	afterlife = 70 * time.Second
	// looseGoroutines and looseDescriptors are what a node may have more than before and be without clients: what its parts
	// do now and then.
	looseGoroutines, looseDescriptors = 50, 20

	cpuSeconds = "process_cpu_seconds_total"
)

// settle makes the node collect its garbage and waits until its memory does not change any more.
func (r *run) settle(ctx context.Context) (Sample, error) {
	r.progress("coming to rest", 0)
	if err := r.node.Collect(ctx); err != nil {
		return Sample{}, err
	}
	var least, most int64
	since := time.Now()
	err := every(ctx, restTimeout, func() (bool, error) {
		now := r.node.Memory().Now
		if least, most = min(least, now), max(most, now); most-least > most/200 {
			least, most, since = now, now, time.Now()
		}
		return time.Since(since) >= r.opts.Still, nil
	})
	if err != nil && !errors.Is(err, errTimeout) {
		return Sample{}, err
	}
	return r.look(ctx)
}

// look collects the garbage that the looks before have left, and looks.
func (r *run) look(ctx context.Context) (Sample, error) {
	if err := r.node.Collect(ctx); err != nil {
		return Sample{}, err
	}
	m, err := r.node.Metrics(ctx)
	if err != nil {
		return Sample{}, err
	}
	s := sampleOf(m)
	s.RSS = r.node.Memory().Now
	return s, nil
}

// sampleOf reads all but the resident memory.
func sampleOf(m map[string]float64) Sample {
	return Sample{
		Live: int64(m["go_memstats_heap_alloc_bytes"]), HeapInUse: int64(m["go_memstats_heap_inuse_bytes"]), Stacks: int64(m["go_memstats_stack_inuse_bytes"]),
		Goroutines: int(m["go_goroutines"]), Descriptors: int(m["process_open_fds"]),
		Sessions: int(m["parley_connections"]), Users: int(m[`parley_actors{kind="user"}`]),
	}
}

// errTimeout is returned by every when its time is over.
var errTimeout = errors.New("it takes too long")

// every asks until the answer is yes, once in lookEvery.
func every(ctx context.Context, timeout time.Duration, ask func() (bool, error)) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	over := time.NewTimer(timeout)
	defer over.Stop()
	for {
		if done, err := ask(); done || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-over.C:
			return errTimeout
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
