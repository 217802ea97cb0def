package cluster

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
func Run(ctx context.Context, o Options) (_ Report, err error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &run{opts: o, report: Report{
		Benchmark: "cluster", Started: time.Now().UTC(), Machine: machine.Describe(), Parameters: parameters(o),
	}}
	r.report.Load[0] = node.Load()
	for _, size := range o.Nodes {
		p, err := r.plan(filepath.Join(dir, fmt.Sprint("of", size)), size)
		if err != nil {
			return Report{}, err
		}
		r.places = append(r.places, p)
	}
	if err := r.rounds(ctx); err != nil {
		return Report{}, err
	}
	r.report.Load[1] = node.Load()
	return r.report, nil
}

func parameters(o Options) Parameters {
	return Parameters{
		Nodes: o.Nodes, Conversations: o.Conversations, Members: o.Members, Pools: o.Pools, Window: o.Window, Rate: o.Rate,
		Size: o.Size, DurationSeconds: o.Duration.Seconds(), Rounds: o.Rounds,
	}
}

// run is one run.
type run struct {
	opts   Options
	places []*place
	report Report
}

// rounds fills the clusters, then measures one after the other in each round.
func (r *run) rounds(ctx context.Context) error {
	for _, p := range r.places {
		if err := p.during(ctx, p.fill); err != nil {
			return fmt.Errorf("fill %s: %w", p.name(), err)
		}
	}
	for round := range r.opts.Rounds {
		for _, p := range r.places {
			err := p.during(ctx, func(ctx context.Context) error { return r.measure(ctx, p, round+1) })
			if err != nil {
				return fmt.Errorf("measure %s: %w", p.name(), err)
			}
		}
	}
	return nil
}

// measure measures a cluster that runs.
func (r *run) measure(ctx context.Context, p *place, round int) error {
	if err := p.awaitBalance(ctx); err != nil {
		return err
	}
	percent, err := p.idle(ctx)
	if err != nil {
		return err
	}
	r.report.Idle = append(r.report.Idle, Idle{Nodes: len(p.nodes), Round: round, Percent: percent})
	for _, conversations := range r.opts.Conversations {
		m, err := p.loadAgain(ctx, conversations)
		if err != nil {
			return fmt.Errorf("%d conversations: %w", conversations, err)
		}
		m.Nodes, m.Conversations, m.Round = len(p.nodes), conversations, round
		r.report.Loads = append(r.report.Loads, m)
	}
	return nil
}

// tries is how often a load is begun, at most, that ends when a node closes a connection.
const tries = 5

// errCutOff is the end of a load whose crowd has lost somebody, or could not gather.
var errCutOff = errors.New("cut off")

// loadAgain is load, tried again when a node has closed the connection of a member that may have missed something, as nodes of a cluster do
// that have no time for each other.
func (p *place) loadAgain(ctx context.Context, conversations int) (m Measurement, err error) {
	for broken := range tries {
		m, err = p.load(ctx, conversations)
		m.Broken = broken
		if !errors.Is(err, errCutOff) || ctx.Err() != nil {
			return m, err
		}
		if err := p.awaitBalance(ctx); err != nil {
			return m, err
		}
	}
	return m, err
}

// load has a crowd say things in so many conversations, in both ways.
func (p *place) load(ctx context.Context, conversations int) (m Measurement, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	c, err := p.gather(ctx, conversations, fail)
	if err != nil {
		return m, err
	}
	defer c.close()
	for _, load := range []func(context.Context, *Measurement) error{c.closed, c.open} {
		if err := load(ctx, &m); err != nil {
			return m, firstOf(context.Cause(ctx), err)
		}
	}
	return m, nil
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
