package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-im/parley/bench/fanout"
)

// parseFanout reads and checks the command line.
func parseFanout(args []string, e env) (*fanoutCommand, error) {
	c := &fanoutCommand{env: e, screen: newBenchScreen(e.stderr)}
	fs := newFlags("bench fanout")
	given, files := fanout.Typical(), ""
	c.flags(fs)
	loadFlags(fs, &given, &files)
	for _, a := range args {
		if a == "--help" || a == "-h" || a == "-help" {
			describeFanout(e.stdout, fs)
			return nil, errHelp
		}
	}
	rest, err := load(fs, args, e)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, misuse("bench fanout", "unexpected argument %q", rest[0])
	}
	if err := errors.Join(c.choose(fs, given, files), c.check()); err != nil {
		return nil, &usageError{command: "bench fanout", err: err}
	}
	return c, nil
}

// flags are those that are no part of a load.
func (c *fanoutCommand) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.target, "target", "", "`URL` of a running server, http://HOST:PORT; without it one is started for each run")
	fs.StringVar(&c.app, "app", "", "an app of the target: `ID:CLIENTKEY`")
	fs.StringVar(&c.admin, "admin", "", "`URL` of the target's admin listener, for its processor time and memory")
	fs.IntVar(&c.runs, "runs", 1, "`number` of runs of each scenario, each on a fresh server; baselines take turns with it")
	fs.Var(&c.baselines, "baseline", "also measure a bare program under the same load: `NAMES` limit-co (coalesced writes), limit-write (a write per frame), or both")
	fs.BoolVar(&c.pin, "pin", true, "give the server and the load a core each, where there are two; --pin=false shares all")
	fs.StringVar(&c.out, "out", "", "`dir`ectory for the result, fanout.json and fanout.csv")
	fs.BoolVar(&c.asJSON, "json", false, "write the result as JSON")
	fs.BoolVar(&c.asCSV, "csv", false, "write the result as CSV, a line for each run")
}

// loadFlags are those of a load, each of which goes over what a file says.
func loadFlags(fs *flag.FlagSet, s *fanout.Scenario, files *string) {
	fs.StringVar(files, "scenario", "", "`FILES` that describe loads, as those in bench/scenarios, with commas between; flags go over them")
	fs.IntVar(&s.Revision, "revision", s.Revision, "`number` of the Engine.IO revision, 3 or 4")
	fs.IntVar(&s.Members, "members", s.Members, "`number` of members of each room")
	fs.IntVar(&s.Rooms, "rooms", s.Rooms, "`number` of rooms; every member is in one")
	fs.IntVar(&s.Senders, "senders", s.Senders, "`number` of members of each room who speak")
	fs.IntVar(&s.Window, "window", 0, "closed load, of 16 if nothing is said: `number` of broadcasts outstanding in all")
	quantityFlag(fs, &s.Rate, "rate", "open load instead: `number` of broadcasts per second in all")
	quantityFlag(fs, &s.DeliveriesPerSecond, "deliveries", "open load instead: `number` of deliveries per second in all")
	fs.IntVar(&s.Size, "size", s.Size, "`bytes` of a message's body")
	quantityFlag(fs, &s.JoinsPerSecond, "joins", "`N/s`: so many users a second enter the rooms meanwhile, and as many leave")
	quantityFlag(fs, &s.SlowPercent, "slow", "`PERCENT` of the members who stop reading; it is measured before, and again without them")
	seconds := func(to *float64, name, usage string) {
		fs.Func(name, usage, func(text string) error {
			d, err := time.ParseDuration(text)
			*to = d.Seconds()
			return err
		})
	}
	seconds(&s.Seconds, "duration", "how long to measure, a `duration` (10s)")
	seconds(&s.WarmupSeconds, "warmup", "how long to warm up before, a `duration` (2s)")
}

// quantityFlag is a number that may have its unit behind it.
func quantityFlag(fs *flag.FlagSet, to *float64, name, usage string) {
	fs.Func(name, usage, func(text string) (err error) {
		*to, err = strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(text, "/s"), "%"), 64)
		return err
	})
}

// choose finds the scenarios: those of the files with the flags that were given over them, or the flags alone.
func (c *fanoutCommand) choose(fs *flag.FlagSet, given fanout.Scenario, files string) error {
	var problems []error
	for file := range strings.SplitSeq(files, ",") {
		s := fanout.Typical()
		if file != "" {
			var err error
			if s, err = fanout.ReadScenario(file); err != nil {
				problems = append(problems, fmt.Errorf("scenario %w", err))
				continue
			}
		}
		override(fs, &s, &given)
		if err := s.Validate(); err != nil {
			problems = append(problems, err)
		}
		c.scenarios = append(c.scenarios, s)
	}
	return errors.Join(problems...)
}

// override sets what flags say.
func override(fs *flag.FlagSet, s, given *fanout.Scenario) {
	loadGiven := false
	fs.Visit(func(f *flag.Flag) {
		loadGiven = loadGiven || f.Name == "window" || f.Name == "rate" || f.Name == "deliveries"
		switch f.Name {
		case "revision":
			s.Revision = given.Revision
		case "members":
			s.Members = given.Members
		case "rooms":
			s.Rooms = given.Rooms
		case "senders":
			s.Senders = given.Senders
		case "size":
			s.Size = given.Size
		case "joins":
			s.JoinsPerSecond = given.JoinsPerSecond
		case "slow":
			s.SlowPercent = given.SlowPercent
		case "duration":
			s.Seconds = given.Seconds
		case "warmup":
			s.WarmupSeconds = given.WarmupSeconds
		}
	})
	if loadGiven {
		s.Window, s.Rate, s.DeliveriesPerSecond = given.Window, given.Rate, given.DeliveriesPerSecond
	} else {
		s.EnsureLoad()
	}
}

// check looks at everything else that was given, before anything is started.
func (c *fanoutCommand) check() error {
	if c.runs < 1 {
		return fmt.Errorf("runs %d: at least 1", c.runs)
	}
	if c.asJSON && c.asCSV {
		return errors.New("json and csv: one of them")
	}
	if c.target == "" {
		return nil
	}
	if c.app == "" {
		return errors.New("target needs app: ID:CLIENTKEY")
	}
	plan, err := c.targetPlan()
	if err != nil {
		return err
	}
	o, err := plan.load(c.scenarios[0])
	if err != nil {
		return err
	}
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
