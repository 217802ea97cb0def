package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/writeloop"
)

// baselines are the bare programs, by name.
var baselines = map[string]writeloop.Strategy{"limit-co": writeloop.Coalesced, "limit-write": writeloop.WritePerFrame}

// defaultBaseline is the one that joins messages, as a server should.
const defaultBaseline = "limit-co"

// baselineFlag is names of baselines.
type baselineFlag []string

// IsBoolFlag makes --baseline alone mean the default.
func (b *baselineFlag) IsBoolFlag() bool { return true }

// String implements flag.Value.
func (b *baselineFlag) String() string { return strings.Join(*b, ",") }

// Set implements flag.Value.
func (b *baselineFlag) Set(value string) error {
	*b = nil
	if value == "false" {
		return nil
	}
	for name := range strings.SplitSeq(value, ",") {
		if name == "true" {
			name = defaultBaseline
		}
		if _, known := baselines[name]; !known || slices.Contains(*b, name) {
			return fmt.Errorf("limit-co or limit-write, each once, not %q", name)
		}
		*b = append(*b, name)
	}
	return nil
}

// serverPlan is a server that can be measured again and again.
type serverPlan struct {
	name string
	make func(fanout.Scenario) (*benchServer, error)
}

// servers are all that are measured, first the one that it is about.
func (c *fanoutCommand) servers() []serverPlan {
	first := serverPlan{"parley", newNode}
	if c.target != "" {
		first = serverPlan{"server", func(fanout.Scenario) (*benchServer, error) { return c.targetPlan() }}
	}
	all := []serverPlan{first}
	for _, name := range c.baselines {
		all = append(all, serverPlan{name, func(fanout.Scenario) (*benchServer, error) { return newWriteLoop(baselines[name]) }})
	}
	return all
}
