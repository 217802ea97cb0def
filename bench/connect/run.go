package connect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-im/parley/bench/machine"
	"github.com/parley-im/parley/bench/node"
)

// Run measures. The error says why there is no measurement. o must be valid.
func Run(ctx context.Context, o Options) (Report, error) {
	report := Report{
		Benchmark: "connect", Started: time.Now().UTC(), Machine: machine.Describe(), Members: o.Members, Revision: o.Revision, Pinned: o.Pinned,
	}
	report.Load[0] = node.Load()
	for _, t := range o.Transports {
		m, err := measure(ctx, o, t)
		if err != nil {
			return Report{}, fmt.Errorf("%s: %w", t, err)
		}
		report.Transports = append(report.Transports, m)
	}
	report.Load[1] = node.Load()
	return report, nil
}

// run measures one transport. Its steps follow one another in steps.
type run struct {
	opts   Options
	node   *node.Node
	crowd  crowd
	result Measurement
	left   time.Time
}

// measure measures a transport on a node of its own.
func measure(ctx context.Context, o Options, t Transport) (_ Measurement, err error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return Measurement{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &run{opts: o, result: Measurement{Transport: t, Cut: o.Cut || t == WebSocket}}
	options := node.Options{Binary: o.Binary, Dir: filepath.Join(dir, "data")}
	if o.Pinned != nil {
		options.Cores = o.Pinned.Server
	}
	if r.node, err = node.New(options); err != nil {
		return Measurement{}, err
	}
	defer func() { err = errors.Join(err, r.node.Stop()) }()
	return r.result, r.steps(ctx)
}

func (r *run) steps(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.start, r.introduce, r.startAgain} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r.crowd = r.gather(r.result.Transport, fail)
	defer r.crowd.close()
	for _, step := range []func(context.Context) error{r.connect, r.logIn, r.leave, r.lookBack} {
		if err := step(ctx); err != nil {
			return r.node.Explain(firstOf(context.Cause(ctx), err))
		}
	}
	return nil
}

func (r *run) start(ctx context.Context) error {
	r.progress("starting", 0)
	_, err := r.node.Start(ctx)
	return err
}

// introduce logs all users in once, so that the log knows them, and out again.
func (r *run) introduce(ctx context.Context) error {
	r.progress("introducing", 0)
	quiet := *r
	quiet.opts.OnProgress = nil
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	all := quiet.gather(WebSocket, fail)
	defer all.close()
	for _, step := range []func(context.Context) error{all.connect, all.logIn} {
		if err := step(ctx); err != nil {
			return firstOf(context.Cause(ctx), err)
		}
	}
	return nil
}

// startAgain makes the node forget what the introduction has left in its memory.
func (r *run) startAgain(ctx context.Context) (err error) {
	if err := r.node.Stop(); err != nil {
		return err
	}
	if err := r.start(ctx); err != nil {
		return err
	}
	r.result.Before, err = r.settle(ctx)
	return err
}

func (r *run) connect(ctx context.Context) (err error) {
	if r.result.Connect, err = r.pace(ctx, r.crowd.connect); err != nil {
		return err
	}
	r.result.Connected, err = r.settle(ctx)
	return err
}

func (r *run) logIn(ctx context.Context) (err error) {
	if r.result.LogIn, err = r.pace(ctx, r.crowd.logIn); err != nil {
		return err
	}
	r.result.Peak = r.node.Memory().Peak
	if err := r.idle(ctx, r.opts.Rest); err != nil {
		return err
	}
	r.result.LoggedIn, err = r.settle(ctx)
	return err
}

// idle lets time pass.
func (r *run) idle(ctx context.Context, d time.Duration) error {
	r.progress("idle", 0)
	if err := every(ctx, d, func() (bool, error) { return false, nil }); !errors.Is(err, errTimeout) {
		return err
	}
	return nil
}

// pace has something done for all members.
func (r *run) pace(ctx context.Context, do func(context.Context) error) (p Pace, err error) {
	before, err := r.node.Metrics(ctx)
	if err != nil {
		return p, err
	}
	began := time.Now()
	if err := do(ctx); err != nil {
		return p, err
	}
	p.PerSecond = float64(r.opts.Members) / time.Since(began).Seconds()
	after, err := r.node.Metrics(ctx)
	if err != nil {
		return p, err
	}
	p.CPU = after[cpuSeconds] - before[cpuSeconds]
	return p, nil
}

func (r *run) leave(ctx context.Context) error {
	r.left = time.Now()
	r.crowd.leave(r.result.Cut)
	return r.awaitEnd(ctx)
}

// lookBack looks at the node when also what actors leave behind is gone, if they were waited for.
func (r *run) lookBack(ctx context.Context) (err error) {
	if r.result.ActorsGone > 0 && r.opts.Patience > 0 {
		err = r.idle(ctx, afterlife)
	}
	if err != nil {
		return err
	}
	r.result.Left, err = r.settle(ctx)
	return err
}

func (r *run) progress(phase string, done int64) {
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(string(r.result.Transport)+", "+phase, done, int64(r.opts.Members))
	}
}

// firstOf returns the first that is an error: the end of a context has its cause elsewhere.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
