package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-im/parley/bench/fanout"
)

// yardstickTable is the answer: a line for each scenario, each ratio with its goal and whether it is met.
func (r *report) yardstickTable(t *strings.Builder) {
	fmt.Fprint(t, "\n## Yardsticks\n\n| scenario | parley / limit-co | parley / best peer | parley / limit-write |\n| --- | --- | --- | --- |\n")
	for _, result := range r.Results {
		cells := map[string][]string{}
		for _, y := range r.Yardsticks {
			if y.Scenario == result.Scenario.Name {
				of := y.Against
				if y.BestPeer {
					of = bestPeer
				}
				cells[of] = append(cells[of], y.String())
			}
		}
		fmt.Fprintf(t, "| %s |", result.Scenario.Name)
		for _, of := range []string{limitCo, bestPeer, limitWrite} {
			fmt.Fprintf(t, " %s |", cmp.Or(strings.Join(cells[of], "; "), "-"))
		}
		fmt.Fprintln(t)
	}
	r.baseline(t)
}

// baseline says whether limit-co is a limit.
func (r *report) baseline(t *strings.Builder) {
	i := slices.IndexFunc(r.Results, func(result fanout.Result) bool { return result.Scenario.Name == baselineScenario })
	if i < 0 {
		return
	}
	switch rate := median(&r.Results[i], limitCo, throughput); {
	case rate == 0: // it was not asked for, or its trouble has been told
	case rate < baselineLeast:
		fmt.Fprintf(t, "\nThe baseline is broken: limit-co makes %s deliveries a second at %s, below %s.\n", thousands(rate), baselineScenario, thousands(baselineLeast))
	default:
		fmt.Fprintf(t, "\nlimit-co makes %s deliveries a second at %s, at least %s as it should.\n", thousands(rate), baselineScenario, thousands(baselineLeast))
	}
}

var figureNames = map[string]string{throughput: "", cost: "CPU a delivery ", latency99: "p99 "}

// String is a yardstick for people.
func (y yardstick) String() string {
	s := figureNames[y.Figure] + decimals(y.Ratio)
	if y.BestPeer {
		s += " of " + y.Against
	}
	if y.Met == nil {
		return s
	}
	goal := "at least " + decimals(y.Least)
	if y.Most > 0 {
		goal = "at most " + decimals(y.Most)
	}
	if !*y.Met {
		return fmt.Sprintf("%s (%s: **not met**)", s, goal)
	}
	return fmt.Sprintf("%s (%s: met)", s, goal)
}

// verdict is the error of a run in which parley itself, or a bare program, could not be measured. That of a peer is a result.
func verdict(r *report) (err error) {
	for _, result := range r.Results {
		for _, s := range result.Servers {
			if s.Trouble != "" && !slices.Contains(r.peers, s.Server) {
				err = errors.Join(err, fmt.Errorf("%s, %s: %s", result.Scenario.Name, s.Server, s.Trouble))
			}
		}
	}
	return err
}
