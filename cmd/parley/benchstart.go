package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/parley-im/parley/bench/start"
)

// startCommand is one `parley bench start`.
type startCommand struct {
	load   start.Options
	out    string
	asJSON bool

	env    env
	screen *benchScreen
}

// benchStart runs `parley bench start`.
func benchStart(ctx context.Context, args []string, e env) error {
	c, err := parseStart(args, e)
	if err != nil {
		return err
	}
	report, err := start.Run(ctx, c.load)
	c.screen.clear()
	if ctx.Err() != nil {
		return errors.New("bench start: interrupted")
	}
	if err != nil {
		return fmt.Errorf("bench start: %w", err)
	}
	report.Version, report.Commit = thisBuild().Version, thisBuild().Commit
	return c.write(report)
}

// parseStart reads and checks the command line.
func parseStart(args []string, e env) (*startCommand, error) {
	c := &startCommand{env: e, screen: newBenchScreen(e.stderr)}
	fs := newFlags("bench start")
	c.flags(fs)
	rest, err := load(fs, args, e)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, misuse("bench start", "unexpected argument %q", rest[0])
	}
	if err := c.load.Validate(); err != nil {
		return nil, &usageError{command: "bench start", err: err}
	}
	if c.load.Binary, err = os.Executable(); err != nil {
		return nil, err
	}
	c.load.OnProgress = c.screen.steps()
	return c, nil
}

func (c *startCommand) flags(fs *flag.FlagSet) {
	o := &c.load
	fs.IntVar(&o.Users, "users", 1_000_000, "`number` of users that sleep in the log")
	fs.IntVar(&o.GroupSize, "group-size", start.MaxGroupSize, "`number` of users that share a group")
	fs.IntVar(&o.NameBytes, "name-bytes", 32<<10, "length of a group's name in `bytes`")
	fs.Int64Var(&o.Bytes, "bytes", 1<<30, "`bytes` of messages that are stored")
	fs.IntVar(&o.Size, "size", 16<<10, "`bytes` of a message's body")
	fs.Int64Var(&o.BurstBytes, "burst", 64<<20, "`bytes` of messages that are said right before each SIGKILL")
	fs.IntVar(&o.Starts, "starts", 3, "`number` of starts of each kind")
	fs.IntVar(&o.Samples, "samples", 300, "`number` of users that are read, and of others that log in, after each start")
	fs.StringVar(&o.Dir, "dir", "", "`dir`ectory to fill and keep; without it one is made and removed")
	fs.BoolVar(&o.Again, "again", false, "dir was filled by an earlier run with as many users: only start it")
	fs.StringVar(&c.out, "out", "", "`dir`ectory for the result, start.json")
	fs.BoolVar(&c.asJSON, "json", false, "write the result as JSON")
}

// write writes the result to where it was asked for.
func (c *startCommand) write(r start.Report) error {
	if c.out != "" {
		if err := writeReport(c.out, startFile, r); err != nil {
			return err
		}
	}
	if c.asJSON {
		return writeJSON(c.env.stdout, r)
	}
	writeStartTable(c.env.stdout, r)
	if c.out != "" {
		fmt.Fprintf(c.env.stdout, "written to %s\n", filepath.Join(c.out, startFile))
	}
	return nil
}

const startFile = "start.json"
