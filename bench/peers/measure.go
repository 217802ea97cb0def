package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
)

// measureAll measures one scenario after the other, and writes what there is after each: a long run that breaks leaves it.
func (o *options) measureAll(ctx context.Context) error {
	pinned, _, err := machine.PinApart()
	if err != nil {
		return err
	}
	r := newReport(o, pinned)
	for _, s := range o.scenarios {
		result := o.measure(ctx, s, pinned)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		r.add(result)
		if err := r.save(o.out); err != nil {
			return err
		}
	}
	return errors.Join(r.markdown(os.Stdout), verdict(r))
}

// measure measures all servers by turns, so that a machine that gets slower does so for all, each time another one first, since each
// follows upon what the one before left. One that fails is left out from then on.
func (o *options) measure(ctx context.Context, s fanout.Scenario, pinned *machine.Pinned) fanout.Result {
	result := fanout.Result{Scenario: s, Protocol: "each its own", Servers: make([]fanout.Series, len(o.servers))}
	for n := range o.repetitions {
		for turn := range o.servers {
			i := (turn + n) % len(o.servers)
			server := o.servers[i]
			series := &result.Servers[i]
			series.Server = server.name
			if series.Trouble != "" || ctx.Err() != nil {
				continue
			}
			m, err := server.measure(ctx, s, pinned)
			o.say(s, server, n, &m, err)
			if err != nil {
				series.Trouble = err.Error()
				continue
			}
			series.Runs = append(series.Runs, m)
		}
	}
	result.Summarize()
	return result
}

func (s *server) measure(ctx context.Context, load fanout.Scenario, pinned *machine.Pinned) (fanout.Measurement, error) {
	p, err := s.plan(load)
	if err != nil {
		return fanout.Measurement{}, err
	}
	var cores []int
	if pinned != nil {
		cores = pinned.Server
	}
	return p.measure(ctx, load, cores)
}

// say tells that a run is over.
func (o *options) say(load fanout.Scenario, s server, n int, m *fanout.Measurement, err error) {
	what := fmt.Sprintf("%s deliveries/s, p99 %s ms", thousands(m.DeliveriesPerSecond), millis(float64(m.Latency.P99)))
	if err != nil {
		what = err.Error()
	}
	fmt.Fprintf(os.Stderr, "%s %s, %s %d/%d: %s\n", time.Now().Format(time.TimeOnly), load.Name, s.name, n+1, o.repetitions, what)
}
