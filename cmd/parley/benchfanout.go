package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
)

// fanoutCommand is one `parley bench fanout`.
type fanoutCommand struct {
	load             fanout.Options
	target, app, out string
	asJSON, baseline bool

	env    env
	screen *benchScreen
}

// benchFanout runs `parley bench fanout`.
func benchFanout(ctx context.Context, args []string, e env) error {
	c, err := parseFanout(args, e)
	if err != nil {
		return err
	}
	report, err := c.measure(ctx)
	c.screen.clear()
	if ctx.Err() != nil {
		return errors.New("bench fanout: interrupted")
	}
	if err != nil {
		return fmt.Errorf("bench fanout: %w", err)
	}
	if err := c.write(report); err != nil {
		return err
	}
	return verdict(report)
}

// measure measures the target or a server of its own, then the baseline.
func (c *fanoutCommand) measure(ctx context.Context) (fanout.Report, error) {
	report := fanout.Report{Benchmark: "fanout", Started: time.Now().UTC(), Machine: machine.Describe(), Parameters: c.load.Parameters()}
	report.Parameters.Target = c.target
	var err error
	if c.target != "" {
		report.Server, err = c.run(ctx, "server", c.load)
		report.Parley.Version = report.Server.Version
	} else {
		report.Server, err = c.runBeside(ctx, "parley", newNode)
		report.Parley = fanout.Build{Version: thisBuild().Version, Commit: thisBuild().Commit}
	}
	if err != nil || !c.baseline {
		return report, err
	}
	base, err := c.runBeside(ctx, "write loop", newWriteLoop)
	if err != nil {
		return report, fmt.Errorf("the write loop: %w", err)
	}
	ratios := fanout.Compare(report.Server, base)
	report.Baseline, report.Ratios = &base, &ratios
	return report, nil
}

// run measures a server that is there.
func (c *fanoutCommand) run(ctx context.Context, name string, o fanout.Options) (fanout.Measurement, error) {
	o.OnProgress = c.screen.progress(name)
	return fanout.Run(ctx, o)
}

// runBeside measures a server that is started for it, and ends it.
func (c *fanoutCommand) runBeside(ctx context.Context, name string, plan func(fanout.Options) (*benchServer, error)) (m fanout.Measurement, err error) {
	s, err := plan(c.load)
	if err != nil {
		return m, err
	}
	c.screen.say(name, "starting")
	if err := s.start(ctx); err != nil {
		return m, errors.Join(err, s.stop())
	}
	m, err = c.run(ctx, name, s.load)
	err = s.explain(err)
	c.screen.say(name, "stopping")
	return m, errors.Join(err, s.stop())
}

// write writes the result to where it was asked for.
func (c *fanoutCommand) write(r fanout.Report) error {
	if c.out != "" {
		if err := writeReport(c.out, reportFile, r); err != nil {
			return err
		}
	}
	if c.asJSON {
		return writeJSON(c.env.stdout, r)
	}
	writeFanoutTable(c.env.stdout, r)
	if c.out != "" {
		fmt.Fprintf(c.env.stdout, "written to %s\n", filepath.Join(c.out, reportFile))
	}
	return nil
}

const reportFile = "fanout.json"

// writeReport writes a result as JSON to a file in dir, which is made if it is not there.
func writeReport(dir, name string, r any) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return errors.Join(writeJSON(f, r), f.Close())
}

// verdict is the error of a run in which something did not arrive as it should.
func verdict(r fanout.Report) error {
	if !r.Server.Correct() {
		return fmt.Errorf("bench fanout: not everything arrived as it should: %s", faults(r.Server))
	}
	if r.Baseline != nil && !r.Baseline.Correct() {
		return fmt.Errorf("bench fanout: not everything arrived as it should from the write loop: %s", faults(*r.Baseline))
	}
	return nil
}

// faults names what went wrong.
func faults(m fanout.Measurement) string {
	var list []string
	for _, f := range []struct {
		n    int64
		what string
	}{
		{m.Lost, "lost"}, {m.Doubled, "doubled"}, {m.OutOfOrder, "out of order"}, {m.Stray, "astray or damaged"}, {int64(m.CutOff), "members cut off"},
	} {
		if f.n > 0 {
			list = append(list, thousands(f.n)+" "+f.what)
		}
	}
	if m.Trouble != "" {
		list = append(list, "first "+m.Trouble)
	}
	return strings.Join(list, ", ")
}
