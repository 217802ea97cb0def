package start

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// measure starts the node and asks it for everything that a Start tells.
func (r *run) measure(ctx context.Context, w Way) (st Start, err error) {
	st.Way = w
	if st.Disk, err = sizeOf(r.node.Dir); err != nil {
		return st, err
	}
	began, err := r.node.Start(ctx)
	if err != nil {
		return st, err
	}
	st.Ready, st.RSSReady = time.Since(began).Seconds(), r.node.Memory().Now
	if err := r.firstMessage(ctx); err != nil {
		return st, fmt.Errorf("the first message: %w", err)
	}
	st.Acked = time.Since(began).Seconds()
	if err := r.afterGC(ctx, &st); err != nil {
		return st, err
	}
	if w != Empty {
		if err := r.sample(ctx, &st); err != nil {
			return st, err
		}
	}
	m := r.node.Memory()
	st.RSSSampled, st.RSSPeak = m.Now, m.Peak
	return st, nil
}

func (r *run) afterGC(ctx context.Context, st *Start) error {
	m, err := r.node.Metrics(ctx)
	if err != nil {
		return err
	}
	st.CPU, st.Log = m["process_cpu_seconds_total"], int64(m[`parley_log_bytes{what="store"}`])
	if err := r.node.Collect(ctx); err != nil {
		return err
	}
	if m, err = r.node.Metrics(ctx); err != nil {
		return err
	}
	st.HeapGC, st.RSSGC = int64(m["go_memstats_heap_inuse_bytes"]), r.node.Memory().Now
	return nil
}

// firstMessage logs a writer in and has one message of it acknowledged.
func (r *run) firstMessage(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	f := &feed{onAck: func(int64) {}, fail: fail}
	f.slots[0] = make(chan struct{}, 1)
	o := r.login(1, writer)
	o.NewEar = func() swarm.Ear { return f }
	o.OnEnd = func(_ int, reason error) { fail(reason) }
	s, err := swarm.Open(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	f.slots[0] <- struct{}{}
	if err := s.Send(0, sayPacket(reader(0), words(r.opts.Size))); err != nil {
		return err
	}
	select {
	case f.slots[0] <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sample reads users that sleep, then logs others in.
func (r *run) sample(ctx context.Context, st *Start) error {
	some := rand.Perm(r.opts.Users)[:2*r.opts.Samples]
	reads, err := r.read(ctx, some[:r.opts.Samples])
	if err != nil {
		return err
	}
	logins, err := r.logIn(ctx, some[r.opts.Samples:])
	if err != nil {
		return err
	}
	st.Read, st.Login = latency(reads), latency(logins)
	return nil
}

// read asks for users, one after the other, and checks that each is in its group.
func (r *run) read(ctx context.Context, users []int) (took []time.Duration, err error) {
	api := r.rest()
	defer api.close()
	for _, u := range users {
		var got struct{ Groups []string }
		began := time.Now()
		if err := api.call(ctx, http.MethodGet, "/ctx/"+user(u), nil, &got); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
		if want := r.groups[u/r.opts.GroupSize]; len(got.Groups) != 1 || got.Groups[0] != want {
			return nil, fmt.Errorf("%s is in the groups %v, want %s", user(u), got.Groups, want)
		}
	}
	return took, nil
}

// logIn logs users in, one after the other, and out again.
func (r *run) logIn(ctx context.Context, users []int) (took []time.Duration, err error) {
	for _, u := range users {
		o := r.login(1, func(int) string { return user(u) })
		o.NewEar = func() swarm.Ear { return &feed{} }
		began := time.Now()
		s, err := swarm.Open(ctx, o)
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
		s.Close()
	}
	return took, nil
}
