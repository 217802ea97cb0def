package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// fanoutGroups are the flags as people look for them.
var fanoutGroups = []struct {
	title string
	flags []string
}{
	{"The load", []string{
		"scenario", "members", "rooms", "senders", "window", "rate", "deliveries", "size", "joins", "slow", "revision",
		"duration", "warmup",
	}},
	{"Who is measured", []string{"runs", "baseline", "pin", "target", "app", "admin"}},
	{"The result", []string{"json", "csv", "out"}},
}

const fanoutExamples = `
  parley bench fanout --members 1000 --baseline                          a room of 1,000, beside a bare program
  parley bench fanout --scenario bench/scenarios/1x1000.json --runs 5    a load that is written down, five times
  parley bench fanout --members 1000 --deliveries 20000                  an open load: latency from when it was due
  parley bench fanout --members 5000 --slow 1% --joins 20/s              with members who stop reading, and others who come and go
`

// describeFanout writes the usage of bench fanout.
func describeFanout(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: parley %s [FLAGS]    what a room costs: members log in, some say, all hear, every delivery is counted and timed\n%s",
		fs.Name(), fanoutExamples)
	for _, g := range fanoutGroups {
		fmt.Fprintf(w, "\n%s\n", g.title)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, name := range g.flags {
			f := fs.Lookup(name)
			kind, text := flag.UnquoteUsage(f)
			form := "--" + name
			switch {
			case name == "baseline":
				form += "[=" + kind + "]"
			case kind != "" && name != "pin":
				form += " " + strings.Replace(strings.ToUpper(kind), "N/S", "N/s", 1)
			}
			fmt.Fprintf(tw, "  %s\t%s%s\n", form, text, fanoutDefault(f))
		}
		tw.Flush() //nolint:errcheck // nobody reads on
	}
	fmt.Fprint(w, "\nEvery flag may also be given as PARLEY_NAME in the environment. docs/benchmarks.md says how it is measured.\n")
}

// fanoutDefault leaves out what the text says.
func fanoutDefault(f *flag.Flag) string {
	if f.DefValue == "0" || f.DefValue == "true" {
		return ""
	}
	return defaultOf(f)
}
