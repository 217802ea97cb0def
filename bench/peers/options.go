package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/bench/fanout"
)

// scenarioDir holds the loads, seen from the root of the repository.
const scenarioDir = "bench/scenarios"

// options say what is measured.
type options struct {
	scenarios   []fanout.Scenario
	servers     []server
	repetitions int
	// out is the path of the results, without an extension; "" = they are printed only.
	out string
}

func parse(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("peers", flag.ContinueOnError)
	scenarios := fs.String("scenarios", "", "`names` of loads in "+scenarioDir+", with commas between; all in which nobody stops reading if nothing is said")
	servers := fs.String("servers", "", "`names` of parley,limit-co,limit-write,nats,centrifuge,socket.io; all if nothing is said")
	fs.IntVar(&o.repetitions, "repetitions", 3, "`number` of runs of each server under each load")
	duration := fs.Duration("duration", 0, "how long to measure; as long as the scenario says if nothing is said")
	fs.StringVar(&o.out, "out", "", "`path` of the results, to which .json, .csv, .md and .svg are added")
	parley := fs.String("parley", "bin/parley", "`path` of parley, which runs the bare programs, too")
	socketIO := fs.String("socket.io", "bench/peers/socketio", "`dir`ectory of the server on Node, after npm ci")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	var wrongScenarios, wrongServers error
	o.scenarios, wrongScenarios = readScenarios(*scenarios, *duration)
	o.servers, wrongServers = choose(allServers(*parley, *socketIO), *servers)
	return o, errors.Join(wrongScenarios, wrongServers,
		check(fs.NArg() == 0, "unexpected argument %q", fs.Arg(0)), check(o.repetitions > 0, "repetitions %d: at least 1", o.repetitions))
}

func check(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// readScenarios reads those with these names, or all in which everybody reads: what becomes of those who do not is a question about
// each server by itself.
func readScenarios(names string, duration time.Duration) (all []fanout.Scenario, err error) {
	paths, err := filepath.Glob(filepath.Join(scenarioDir, "*.json"))
	if names != "" {
		paths = nil
		for name := range strings.SplitSeq(names, ",") {
			paths = append(paths, filepath.Join(scenarioDir, name+".json"))
		}
	}
	problems := []error{err, check(len(paths) > 0, "no scenarios in %s: run it at the root of the repository", scenarioDir)}
	for _, path := range paths {
		s, err := fanout.ReadScenario(path)
		if err == nil && s.SlowPercent > 0 && names == "" {
			continue
		}
		s.EnsureLoad()
		s.Seconds = cmp.Or(duration.Seconds(), s.Seconds)
		problems = append(problems, err, s.Validate(), check(s.JoinsPerSecond == 0, "%s: joins cannot be compared, no peer answers them alike", path))
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b fanout.Scenario) int { return cmp.Or(a.Rooms-b.Rooms, a.Members-b.Members) })
	return all, errors.Join(problems...)
}

// choose returns the servers with these names, in their own order; "" = all.
func choose(all []server, names string) (chosen []server, err error) {
	if names == "" {
		return all, nil
	}
	wanted := strings.Split(names, ",")
	for _, s := range all {
		if slices.Contains(wanted, s.name) {
			chosen = append(chosen, s)
			wanted = slices.DeleteFunc(wanted, func(name string) bool { return name == s.name })
		}
	}
	return chosen, check(len(wanted) == 0, "unknown servers: %s", strings.Join(wanted, ", "))
}
