package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-im/parley/bench/connect"
	"github.com/parley-im/parley/bench/machine"
)

// connectCommand is one `parley bench connect`.
type connectCommand struct {
	load      connect.Options
	transport string
	out       string
	asJSON    bool
	pin       bool

	env    env
	screen *benchScreen
}

// benchConnect runs `parley bench connect`.
func benchConnect(ctx context.Context, args []string, e env) error {
	c, err := parseConnect(args, e)
	if err != nil {
		return err
	}
	if c.pin {
		var unpin func()
		if c.load.Pinned, unpin, err = machine.PinApart(); err != nil {
			return fmt.Errorf("bench connect: %w", err)
		}
		defer unpin()
	}
	report, err := connect.Run(ctx, c.load)
	c.screen.clear()
	if ctx.Err() != nil {
		return errors.New("bench connect: interrupted")
	}
	if err != nil {
		return fmt.Errorf("bench connect: %w", err)
	}
	report.Version, report.Commit = thisBuild().Version, thisBuild().Commit
	return c.write(report)
}

// parseConnect reads and checks the command line.
func parseConnect(args []string, e env) (*connectCommand, error) {
	c := &connectCommand{env: e, screen: newBenchScreen(e.stderr)}
	fs := newFlags("bench connect")
	c.flags(fs)
	rest, err := load(fs, args, e)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, misuse("bench connect", "unexpected argument %q", rest[0])
	}
	if c.load.Transports = connect.Transports(); c.transport != "both" {
		c.load.Transports = []connect.Transport{connect.Transport(c.transport)}
	}
	if err := c.load.Validate(); err != nil {
		return nil, &usageError{command: "bench connect", err: err}
	}
	if c.load.Binary, err = os.Executable(); err != nil {
		return nil, err
	}
	c.load.OnProgress = c.screen.steps()
	return c, nil
}

func (c *connectCommand) flags(fs *flag.FlagSet) {
	o := &c.load
	fs.IntVar(&o.Members, "members", 10_000, "`number` of users who log in, each with a session of its own")
	fs.StringVar(&c.transport, "transport", "both", "`name` of the transport: polling, websocket, or both, one after the other")
	fs.IntVar(&o.Revision, "revision", 3, "`number` of the Engine.IO revision, 3 or 4")
	fs.BoolVar(&o.Cut, "cut", false, "who polls leaves by closing its socket, as WebSockets always do; else it falls silent, which takes minutes")
	fs.DurationVar(&o.Rest, "rest", 70*time.Second, "how long users are logged in and do nothing before the node is looked at, a `duration`")
	fs.DurationVar(&o.Still, "still", 10*time.Second, "how long the node's memory must not have changed when it is looked at, a `duration`")
	fs.DurationVar(&o.Patience, "wait", 5*time.Minute, "how long to wait for the actors of users who left, a `duration`")
	fs.BoolVar(&c.pin, "pin", true, "give the node and the clients a core each, where there are two; --pin=false shares all")
	fs.StringVar(&c.out, "out", "", "`dir`ectory for the result, connect.json")
	fs.BoolVar(&c.asJSON, "json", false, "write the result as JSON")
}

// write writes the result to where it was asked for.
func (c *connectCommand) write(r connect.Report) error {
	if c.out != "" {
		if err := writeReport(c.out, connectFile, r); err != nil {
			return err
		}
	}
	if c.asJSON {
		return writeJSON(c.env.stdout, r)
	}
	writeConnectTable(c.env.stdout, r)
	if c.out != "" {
		fmt.Fprintf(c.env.stdout, "written to %s\n", filepath.Join(c.out, connectFile))
	}
	return nil
}

const connectFile = "connect.json"
