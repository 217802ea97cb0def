package main

import (
	"errors"
	"flag"
	"strconv"
	"strings"
	"time"
)

// defaultWindow keeps a server busy without a queue that would be all that is measured.
const defaultWindow = 16

// parseFanout reads and checks the command line.
func parseFanout(args []string, e env) (*fanoutCommand, error) {
	c := &fanoutCommand{env: e, screen: newBenchScreen(e.stderr)}
	fs := newFlags("bench fanout")
	c.flags(fs)
	rest, err := load(fs, args, e)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, misuse("bench fanout", "unexpected argument %q", rest[0])
	}
	windowGiven := false
	fs.Visit(func(f *flag.Flag) { windowGiven = windowGiven || f.Name == "window" })
	if !windowGiven && c.load.Rate != 0 {
		c.load.Window = 0
	}
	if err := c.check(); err != nil {
		return nil, &usageError{command: "bench fanout", err: err}
	}
	return c, nil
}

func (c *fanoutCommand) flags(fs *flag.FlagSet) {
	o := &c.load
	fs.StringVar(&c.target, "target", "", "`URL` of a running server, http://HOST:PORT; without it one is started for the run")
	fs.StringVar(&c.app, "app", "", "an app of the target: `ID:CLIENTKEY`")
	fs.StringVar(&o.AdminURL, "admin", "", "`URL` of the target's admin listener, for its processor time")
	fs.IntVar(&o.Revision, "revision", 4, "`number` of the Engine.IO revision, 3 or 4")
	fs.IntVar(&o.Members, "members", 100, "`number` of members of each room")
	fs.IntVar(&o.Rooms, "rooms", 1, "`number` of rooms; every member is in one")
	fs.IntVar(&o.Senders, "senders", 1, "`number` of members of each room who speak")
	fs.IntVar(&o.Window, "window", defaultWindow, "closed load: `number` of broadcasts outstanding in all")
	fs.Func("rate", "open load instead: `number` of broadcasts per second in all", func(s string) (err error) {
		o.Rate, err = strconv.ParseFloat(s, 64)
		return err
	})
	fs.IntVar(&o.Size, "size", 128, "`bytes` of a message's body")
	fs.DurationVar(&o.Duration, "duration", 10*time.Second, "how long to measure, a `duration`")
	fs.DurationVar(&o.Warmup, "warmup", 2*time.Second, "how long to warm up before, a `duration`")
	fs.BoolVar(&c.baseline, "baseline", false, "also measure a bare loop of writes under the same load, and compare")
	fs.StringVar(&c.out, "out", "", "`dir`ectory for the result, fanout.json")
	fs.BoolVar(&c.asJSON, "json", false, "write the result as JSON")
}

// check looks at everything that was given, before anything is started.
func (c *fanoutCommand) check() error {
	o := c.load
	if c.target == "" { // the place of a server that is not there yet
		o.URL, o.App, o.Key, o.AdminURL = "http://127.0.0.1:1", "drawn", "drawn", ""
		return o.Validate()
	}
	var err error
	if o.URL = c.target; c.app == "" {
		return errors.New("target needs app: ID:CLIENTKEY")
	}
	if o.App, o.Key, err = splitApp(c.app); err != nil {
		return err
	}
	c.load = o
	return o.Validate()
}

// splitApp takes ID:CLIENTKEY, and ID:CLIENTKEY:MASTERKEY as serve has it.
func splitApp(s string) (id, key string, err error) {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return "", "", errors.New("app: must be ID:CLIENTKEY")
	}
	return parts[0], parts[1], nil
}
