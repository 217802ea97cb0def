package main

import (
	"fmt"
	"strings"

	"github.com/parley-im/parley/bench/fanout"
)

// verdict is the error of runs in which something did not arrive as it should, or somebody could not be measured.
func verdict(r *fanout.Report) error {
	var bad []string
	for _, result := range r.Results {
		for _, s := range result.Servers {
			if s.Trouble != "" {
				bad = append(bad, fmt.Sprintf("%s was not measured: %s", strings.TrimSpace(result.Scenario.Name+" "+s.Server), s.Trouble))
			}
			for i, m := range s.Runs {
				if !m.Correct() {
					bad = append(bad, fmt.Sprintf("%s, run %d: %s", strings.TrimSpace(result.Scenario.Name+" "+s.Server), i+1, faults(m)))
				}
			}
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return fmt.Errorf("bench fanout: not everything is as it should be: %s", strings.Join(bad, "; "))
}

// faults names what went wrong.
func faults(m fanout.Measurement) string {
	var list []string
	for _, f := range []struct {
		n    int64
		what string
	}{
		{m.Lost, "lost"}, {m.Doubled, "doubled"}, {m.OutOfOrder, "out of order"}, {m.Stray, "astray or damaged"}, {int64(m.CutOff), "members cut off"},
	} {
		if f.n > 0 {
			list = append(list, thousands(f.n)+" "+f.what)
		}
	}
	if m.Trouble != "" {
		list = append(list, "first "+m.Trouble)
	}
	return strings.Join(list, ", ")
}
