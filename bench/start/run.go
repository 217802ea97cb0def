package start

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/parley-im/parley/bench/machine"
	"github.com/parley-im/parley/bench/node"
)

// run is one run. Its steps follow one another in Run.
type run struct {
	opts   Options
	node   *node.Node
	report Report
	// stopped is how long the last stop took.
	stopped time.Duration
	// groups are the ids of the groups, in the order of their members.
	groups []string
}

// Run measures. The error says why there is no measurement. o must be valid.
func Run(ctx context.Context, o Options) (_ Report, err error) {
	dir, remove, err := place(o)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	r := &run{opts: o, groups: make([]string, (o.Users+o.GroupSize-1)/o.GroupSize)}
	if r.node, err = node.New(node.Options{Binary: o.Binary, Dir: dir, Flags: []string{"--limit-group-members", strconv.Itoa(groupLimit)}}); err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, r.node.Stop()) }()
	r.report = Report{Benchmark: "start", Started: time.Now().UTC(), Machine: machine.Describe()}
	r.report.Load[0] = node.Load()
	steps := []func(context.Context) error{r.prepare, r.startAgain(Empty), r.fill, r.startAgain(Stopped), r.startAgain(Killed)}
	if o.Again {
		steps = []func(context.Context) error{r.find, r.startAgain(Stopped), r.startAgain(Killed)}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return Report{}, err
		}
	}
	r.report.Load[1] = node.Load()
	return r.report, nil
}

// place returns the data directory and what takes it away again.
func place(o Options) (dir string, remove func() error, err error) {
	if o.Dir == "" {
		if dir, err = os.MkdirTemp("", "parley-bench-"); err != nil {
			return "", nil, err
		}
		return filepath.Join(dir, "data"), func() error { return os.RemoveAll(dir) }, nil
	}
	if held, _ := os.ReadDir(o.Dir); len(held) > 0 && !o.Again { // what cannot be read is the node's to complain about
		return "", nil, fmt.Errorf("%s is not empty", o.Dir)
	}
	return o.Dir, func() error { return nil }, nil
}

// prepare makes the pairs that talk, on a node that has nothing else.
func (r *run) prepare(ctx context.Context) error {
	r.progress("starting", 0, 0)
	if _, err := r.node.Start(ctx); err != nil {
		return err
	}
	return r.befriend(ctx)
}

// find starts the node on what an earlier run has left.
func (r *run) find(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.report.Fill.Users, r.report.Fill.Groups = r.opts.Users, len(r.groups)
	return r.findGroups(ctx)
}

// fill makes users and messages.
func (r *run) fill(ctx context.Context) error {
	began := time.Now()
	if err := r.makeGroups(ctx); err != nil {
		return err
	}
	if err := r.fillUsers(ctx); err != nil {
		return err
	}
	f := &r.report.Fill
	f.Users, f.Groups, f.UserSeconds = r.opts.Users, len(r.groups), time.Since(began).Seconds()
	m, err := r.node.Metrics(ctx)
	if err != nil {
		return err
	}
	f.Awake = int64(m[`parley_actors{kind="user"}`])
	began = time.Now()
	if err := r.fillMessages(ctx); err != nil {
		return err
	}
	f.MessageSeconds, f.Peak = time.Since(began).Seconds(), r.node.Memory().Peak
	return nil
}

func (r *run) fillMessages(ctx context.Context) error {
	total := r.opts.Bytes / int64(r.opts.Size)
	acked, err := r.say(ctx, total, func(acked int64) {
		if acked%64 == 0 {
			r.progress("saying", acked, total)
		}
	})
	r.report.Fill.Messages, r.report.Fill.MessageBytes = int(acked), acked*int64(r.opts.Size)
	return err
}

// startAgain ends the node, which runs, and starts it, as often as was asked for.
func (r *run) startAgain(w Way) func(context.Context) error {
	return func(ctx context.Context) error {
		for i := range r.opts.Starts {
			r.progress(string(w), int64(i), int64(r.opts.Starts))
			if err := r.end(ctx, w); err != nil {
				return fmt.Errorf("before a start: %w", err)
			}
			st, err := r.measure(ctx, w)
			if err != nil {
				return fmt.Errorf("start after %s: %w", w, err)
			}
			if w != Killed {
				st.Stop = r.stopped.Seconds()
			}
			r.report.Starts = append(r.report.Starts, st)
		}
		return nil
	}
}

func (r *run) end(ctx context.Context, w Way) error {
	if w != Killed {
		began := time.Now()
		err := r.node.Stop()
		r.stopped = time.Since(began)
		return err
	}
	return r.killInBurst(ctx)
}

// killInBurst kills the node when the burst is acknowledged, and more is under way.
func (r *run) killInBurst(ctx context.Context) error {
	burst := max(r.opts.BurstBytes/int64(r.opts.Size), 1)
	enough := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := r.say(ctx, 2*burst+writers*window, func(acked int64) {
			if acked == burst {
				close(enough)
			}
		})
		ended <- err
	}()
	select {
	case <-enough:
		r.node.Kill()
		<-ended // with an error: its connections are gone
		return ctx.Err()
	case err := <-ended:
		return fmt.Errorf("the burst ended early: %w", err)
	}
}

func (r *run) progress(phase string, done, total int64) {
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(phase, done, total)
	}
}
