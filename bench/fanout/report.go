package fanout

import (
	"math"
	"slices"
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// Report is the result of the benchmark as it is written to files: who was measured, where, how, and what came out.
type Report struct {
	// Benchmark is "fanout", Format the version of this structure: 2.
	Benchmark string          `json:"benchmark"`
	Format    int             `json:"format"`
	Started   time.Time       `json:"started"`
	Machine   machine.Machine `json:"machine"`
	Parley    Build           `json:"parley"`
	// Target is the server's URL; "" = one of its own.
	Target  string          `json:"target,omitempty"`
	Pinned  *machine.Pinned `json:"pinned,omitempty"`
	Results []Result        `json:"results"`
}

// ReportFormat is Report.Format.
const ReportFormat = 2

// Build is the program that was measured, as far as it is known.
type Build struct {
	Version string `json:"version,omitempty"`
	Commit  string `json:"commit,omitempty"`
}

// Result is what came out of one scenario.
type Result struct {
	Scenario Scenario `json:"scenario"`
	// Protocol is what was spoken.
	Protocol string `json:"protocol"`
	// Servers are all that were measured under this load, by turns: first the one that it is about, then what it is compared with.
	Servers []Series `json:"servers"`
}

// Series is one server, measured again and again, anew each time.
type Series struct {
	Server string        `json:"server"`
	Runs   []Measurement `json:"runs"`
	// Trouble is why it was not measured, or not as often as it should be; "" = it was.
	Trouble string `json:"trouble,omitempty"`
	// Summary is the spread of each figure over the runs, by its name; those that were not measured are missing.
	Summary map[string]Spread `json:"summary"`
	// Ratios are the medians of the first of Result.Servers over those of this one; the first has none.
	Ratios map[string]float64 `json:"ratios,omitempty"`
}

// Spread is least, middle and greatest of some figures.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// Summarize fills in what follows from the runs: the summaries, and the ratios of the first server to each of the others.
func (r *Result) Summarize() {
	for i := range r.Servers {
		s := &r.Servers[i]
		s.Summary = map[string]Spread{}
		for _, f := range figures {
			if spread, ok := spreadOf(s.Runs, f.of); ok {
				s.Summary[f.name] = spread
			}
		}
		if i > 0 {
			s.Ratios = ratios(r.Servers[0].Summary, s.Summary)
		}
	}
}

func ratios(of, to map[string]Spread) map[string]float64 {
	all := map[string]float64{}
	for name, base := range to {
		if mine, ok := of[name]; ok && base.Median != 0 {
			all[name] = over(mine.Median, base.Median)
		}
	}
	return all
}

// spreadOf is about the runs that have the figure; false = none has.
func spreadOf(runs []Measurement, of func(*Measurement) (float64, bool)) (Spread, bool) {
	var values []float64
	for i := range runs {
		if v, ok := of(&runs[i]); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Spread{}, false
	}
	slices.Sort(values)
	half := len(values) / 2
	median := values[half]
	if len(values)%2 == 0 {
		median = (values[half-1] + values[half]) / 2
	}
	return Spread{Min: values[0], Median: median, Max: values[len(values)-1]}, true
}

// over is a/b, and 0 where there is no such thing.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return rounded(a / b)
}

// rounded leaves three decimals: no figure here is good for more.
func rounded(f float64) float64 { return math.Round(f*1e3) / 1e3 }
