package connect

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// awaitEnd waits until what the clients have left is gone, and notes when which part of it was. Actors are waited for as
// long as somebody has the patience.
func (r *run) awaitEnd(ctx context.Context) error {
	last, err := r.watch(ctx, goneTimeout, func() bool { return r.result.SessionsGone > 0 && r.result.ConnectionsGone > 0 })
	if errors.Is(err, errTimeout) {
		return fmt.Errorf("after %v the node still has %d sessions, %d descriptors, %d goroutines", goneTimeout, last.Sessions, last.Descriptors, last.Goroutines)
	}
	if err != nil || r.opts.Patience == 0 {
		return err
	}
	_, err = r.watch(ctx, r.opts.Patience, func() bool { return r.result.ActorsGone > 0 })
	if errors.Is(err, errTimeout) {
		return nil // the sample of the node says how many there are
	}
	return err
}

// watch looks at the node, without a collection of garbage, and notes what is gone, until that is enough.
func (r *run) watch(ctx context.Context, timeout time.Duration, enough func() bool) (last Sample, err error) {
	err = every(ctx, timeout, func() (bool, error) {
		m, err := r.node.Metrics(ctx)
		if err != nil {
			return false, err
		}
		last = sampleOf(m)
		r.note(last)
		r.progress("leaving", int64(r.opts.Members-last.Sessions))
		return enough(), nil
	})
	return last, err
}

// note notes when it saw first that something is gone.
func (r *run) note(s Sample) {
	before := r.result.Before
	for _, part := range []struct {
		gone  bool
		after *float64
	}{
		{s.Sessions <= before.Sessions, &r.result.SessionsGone},
		{s.Descriptors <= before.Descriptors+looseDescriptors && s.Goroutines <= before.Goroutines+looseGoroutines, &r.result.ConnectionsGone},
		{s.Users <= before.Users, &r.result.ActorsGone},
	} {
		if part.gone && *part.after == 0 {
			*part.after = time.Since(r.left).Seconds()
		}
	}
}
