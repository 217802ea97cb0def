package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	clusterbench "github.com/parley-im/parley/bench/cluster"
)

// clusterCommand is one `parley bench cluster`.
type clusterCommand struct {
	load   clusterbench.Options
	out    string
	asJSON bool

	env    env
	screen *benchScreen
}

// benchCluster runs `parley bench cluster`.
func benchCluster(ctx context.Context, args []string, e env) error {
	c, err := parseCluster(args, e)
	if err != nil {
		return err
	}
	report, err := clusterbench.Run(ctx, c.load)
	c.screen.clear()
	if ctx.Err() != nil {
		return errors.New("bench cluster: interrupted")
	}
	if err != nil {
		return fmt.Errorf("bench cluster: %w", err)
	}
	report.Version, report.Commit = thisBuild().Version, thisBuild().Commit
	return c.write(report)
}

// parseCluster reads and checks the command line.
func parseCluster(args []string, e env) (*clusterCommand, error) {
	c := &clusterCommand{env: e, screen: newBenchScreen(e.stderr)}
	fs := newFlags("bench cluster")
	c.flags(fs)
	rest, err := load(fs, args, e)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, misuse("bench cluster", "unexpected argument %q", rest[0])
	}
	if err := c.load.Validate(); err != nil {
		return nil, &usageError{command: "bench cluster", err: err}
	}
	if c.load.Binary, err = os.Executable(); err != nil {
		return nil, err
	}
	c.load.OnProgress = c.screen.steps()
	return c, nil
}

func (c *clusterCommand) flags(fs *flag.FlagSet) {
	o := &c.load
	o.Nodes, o.Conversations = []int{1, 3}, []int{1, 100, 10_000}
	fs.Var((*numbersFlag)(&o.Nodes), "nodes", "`number`s of nodes, separated by commas; the first is what others are compared with")
	fs.Var((*numbersFlag)(&o.Conversations), "conversations", "`number`s of groups that are talked in, separated by commas")
	fs.IntVar(&o.Members, "members", 8, "`number` of members of a group")
	fs.IntVar(&o.Pools, "pools", 6, "`number` of sets of members, with which groups take turns")
	fs.IntVar(&o.Window, "window", 2, "closed load: `number` of messages that a member has unanswered, each in another group")
	fs.Float64Var(&o.Rate, "rate", 200, "open load: `number` of messages per second in all")
	fs.IntVar(&o.Size, "size", 128, "`bytes` of a message's body")
	fs.DurationVar(&o.Duration, "duration", 10*time.Second, "how long to measure each load, a `duration`")
	fs.DurationVar(&o.Warmup, "warmup", 3*time.Second, "how long to warm up before, at least, a `duration`")
	fs.DurationVar(&o.Idle, "idle", 10*time.Second, "how long to look at nodes that have nothing to do, a `duration`")
	fs.IntVar(&o.Rounds, "rounds", 3, "`number` of times that all of it is done")
	fs.StringVar(&c.out, "out", "", "`dir`ectory for the result, cluster.json")
	fs.BoolVar(&c.asJSON, "json", false, "write the result as JSON")
}

// write writes the result to where it was asked for.
func (c *clusterCommand) write(r clusterbench.Report) error {
	if c.out != "" {
		if err := writeReport(c.out, clusterFile, r); err != nil {
			return err
		}
	}
	if c.asJSON {
		return writeJSON(c.env.stdout, r)
	}
	writeClusterTable(c.env.stdout, r)
	if c.out != "" {
		fmt.Fprintf(c.env.stdout, "written to %s\n", filepath.Join(c.out, clusterFile))
	}
	return nil
}

const clusterFile = "cluster.json"

// numbersFlag takes numbers that are separated by commas.
type numbersFlag []int

// String implements flag.Value.
func (f *numbersFlag) String() string {
	var parts []string
	for _, n := range *f {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, ",")
}

// Set implements flag.Value.
func (f *numbersFlag) Set(value string) error {
	*f = nil
	for _, part := range strings.Split(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return errors.New("must be numbers, separated by commas")
		}
		*f = append(*f, n)
	}
	return nil
}
