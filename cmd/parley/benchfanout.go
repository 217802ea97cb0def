package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
)

// fanoutCommand is one `parley bench fanout`.
type fanoutCommand struct {
	scenarios        []fanout.Scenario
	runs             int
	target, app, out string
	admin            string
	asJSON, asCSV    bool
	baselines        baselineFlag
	pin              bool
	// pinned is the cores of both sides; nil = all are for both.
	pinned *machine.Pinned

	env    env
	screen *benchScreen
}

// benchFanout runs `parley bench fanout`.
func benchFanout(ctx context.Context, args []string, e env) error {
	c, err := parseFanout(args, e)
	if err != nil {
		return err
	}
	if c.pin && c.target == "" {
		var unpin func()
		if c.pinned, unpin, err = machine.PinApart(); err != nil {
			return fmt.Errorf("bench fanout: %w", err)
		}
		defer unpin()
	}
	report := fanout.Report{
		Benchmark: "fanout", Format: fanout.ReportFormat, Started: time.Now().UTC().Truncate(time.Second), Machine: machine.Describe(),
		Target: c.target, Pinned: c.pinned,
	}
	if c.target == "" {
		report.Parley = fanout.Build{Version: thisBuild().Version, Commit: thisBuild().Commit}
	}
	err = c.measureAll(ctx, &report)
	c.screen.clear()
	if ctx.Err() != nil {
		return errors.New("bench fanout: interrupted")
	}
	if err := errors.Join(err, c.finish(&report)); err != nil {
		return fmt.Errorf("bench fanout: %w", err)
	}
	return verdict(&report)
}

// measureAll measures one scenario after the other. One that cannot be measured keeps none of the others from it.
func (c *fanoutCommand) measureAll(ctx context.Context, report *fanout.Report) error {
	var problems []error
	for _, s := range c.scenarios {
		result, err := c.measure(ctx, s)
		if err != nil {
			if s.Name != "" {
				err = fmt.Errorf("%s: %w", s.Name, err)
			}
			if problems = append(problems, err); ctx.Err() != nil {
				break
			}
			continue
		}
		if first := result.Servers[0]; report.Parley.Version == "" && len(first.Runs) > 0 {
			report.Parley.Version = first.Runs[0].Version
		}
		report.Results = append(report.Results, result)
		c.screen.clear()
		if !c.asJSON && !c.asCSV {
			writeFanoutTable(c.env.stdout, report, &result)
		}
		if err := c.save(report); err != nil { // so that a long run that breaks leaves what it has
			return err
		}
	}
	return errors.Join(problems...)
}

// measure measures the target or a server of its own, and the baselines, by turns. A server that cannot be measured is none of the
// others' business, as long as there are others.
func (c *fanoutCommand) measure(ctx context.Context, s fanout.Scenario) (fanout.Result, error) {
	servers := c.servers()
	result := fanout.Result{Scenario: s, Servers: make([]fanout.Series, len(servers))}
	for run := range c.runs {
		for turn := range servers { // each time another one first, since each follows upon what the one before left
			i := (turn + run) % len(servers)
			plan := servers[i]
			series := &result.Servers[i]
			if series.Server = plan.name; series.Trouble != "" {
				continue
			}
			m, protocol, err := c.runOne(ctx, c.label(plan, run), plan, s)
			if err != nil && (len(servers) == 1 || ctx.Err() != nil) {
				return result, fmt.Errorf("%s: %w", plan.name, err)
			}
			if err != nil {
				series.Trouble = err.Error()
				continue
			}
			result.Protocol = protocol
			series.Runs = append(series.Runs, m)
		}
	}
	result.Summarize()
	return result, nil
}

// label names a run on the screen.
func (c *fanoutCommand) label(plan serverPlan, run int) string {
	if c.runs == 1 {
		return plan.name
	}
	return fmt.Sprintf("%s %d/%d", plan.name, run+1, c.runs)
}

// runOne measures a server once: one that is there, or one that is started for it and ended.
func (c *fanoutCommand) runOne(ctx context.Context, label string, plan serverPlan, s fanout.Scenario) (m fanout.Measurement, protocol string, err error) {
	server, err := plan.make(s)
	if err != nil {
		return m, "", err
	}
	o, err := server.load(s)
	if err != nil {
		return m, "", err
	}
	o.OnProgress = c.screen.progress(label)
	c.screen.say(label, "starting")
	if c.pinned != nil {
		server.cores = c.pinned.Server
	}
	if err := server.start(ctx); err != nil {
		return m, "", errors.Join(err, server.stop())
	}
	o.PID = server.pid()
	m, err = fanout.Run(ctx, o)
	err = server.explain(err)
	c.screen.say(label, "stopping")
	return m, o.Protocol.Name(), errors.Join(err, server.stop())
}

const (
	reportFile = "fanout.json"
	csvFile    = "fanout.csv"
)

// save writes the files.
func (c *fanoutCommand) save(r *fanout.Report) error {
	if c.out == "" {
		return nil
	}
	if err := writeReport(c.out, reportFile, r); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(c.out, csvFile))
	if err != nil {
		return err
	}
	return errors.Join(fanout.WriteCSV(f, r), f.Close())
}

// finish writes what comes when all is measured.
func (c *fanoutCommand) finish(r *fanout.Report) error {
	switch {
	case len(r.Results) == 0:
		return nil
	case c.asJSON:
		return writeJSON(c.env.stdout, r)
	case c.asCSV:
		return fanout.WriteCSV(c.env.stdout, r)
	}
	writeFanoutFoot(c.env.stdout, r)
	if c.out != "" {
		fmt.Fprintf(c.env.stdout, "written to %s and %s\n", filepath.Join(c.out, reportFile), csvFile)
	}
	return nil
}

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
