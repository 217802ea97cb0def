package cluster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/parley-im/parley/bench/node"
)

const (
	// balanceTimeout bounds the time in which the nodes come to lead equally much.
	balanceTimeout = time.Minute
	lookEvery      = 100 * time.Millisecond

	cpuSeconds = "process_cpu_seconds_total"
	shards     = "parley_raft_shards"
	shardsLed  = "parley_raft_shards_led"
)

// place is a cluster that is started and stopped again and again.
type place struct {
	opts  Options
	nodes []*node.Node
	// groups are the ids of the groups.
	groups []string
}

// plan plans a cluster of so many nodes below dir.
func (r *run) plan(dir string, size int) (p *place, err error) {
	p = &place{opts: r.opts, groups: make([]string, slices.Max(r.opts.Conversations))}
	o := node.Options{Binary: r.opts.Binary, Dir: dir}
	if size > 1 {
		p.nodes, err = node.NewCluster(o, size)
		return p, err
	}
	o.Dir = filepath.Join(dir, "data")
	alone, err := node.New(o)
	p.nodes = []*node.Node{alone}
	return p, err
}

func (p *place) name() string {
	if len(p.nodes) == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", len(p.nodes))
}

// during starts the cluster, does something, and stops it.
func (p *place) during(ctx context.Context, do func(context.Context) error) (err error) {
	p.progress("starting", 0, 0)
	defer func() { err = errors.Join(err, node.StopAll(p.nodes)) }()
	if err := node.StartAll(ctx, p.nodes); err != nil {
		return err
	}
	return p.explain(do(ctx))
}

// awaitBalance waits until every node leads its share of the shards: until then actors move. The nodes take seconds for that.
func (p *place) awaitBalance(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, balanceTimeout, errors.New("the nodes do not come to lead equally much"))
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		metrics, err := p.metrics(ctx)
		if err != nil {
			return firstOf(context.Cause(ctx), err)
		}
		short := slices.ContainsFunc(metrics, func(m map[string]float64) bool {
			return m[shardsLed] < float64(int(m[shards])/len(p.nodes))
		})
		if !short {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// metrics are those of all nodes.
func (p *place) metrics(ctx context.Context) (all []map[string]float64, err error) {
	for _, n := range p.nodes {
		m, err := n.Metrics(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// idle measures what nodes take of a core that have nothing to do.
func (p *place) idle(ctx context.Context) (percent []float64, err error) {
	p.progress("idle", 0, 0)
	before, err := p.metrics(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := wait(ctx, p.opts.Idle); err != nil {
		return nil, err
	}
	lasted := time.Since(began).Seconds()
	after, err := p.metrics(ctx)
	if err != nil {
		return nil, err
	}
	for i := range after {
		percent = append(percent, rounded(100*(after[i][cpuSeconds]-before[i][cpuSeconds])/lasted))
	}
	return percent, nil
}

// cpu is the processor time that all nodes have used, in seconds.
func (p *place) cpu(ctx context.Context) (sum float64, err error) {
	all, err := p.metrics(ctx)
	for _, m := range all {
		sum += m[cpuSeconds]
	}
	return sum, err
}

// explain adds to an error which node has ended, if one has.
func (p *place) explain(err error) error {
	for _, n := range p.nodes {
		err = n.Explain(err)
	}
	return err
}

func (p *place) progress(phase string, done, total int64) {
	if p.opts.OnProgress != nil {
		p.opts.OnProgress(p.name()+", "+phase, done, total)
	}
}

// wait waits for d, or for the end of ctx, which is an error.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
