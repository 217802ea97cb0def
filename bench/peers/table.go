package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/parley-im/parley/bench/fanout"
)

// column is a figure of a scenario's table.
type column struct {
	head, figure string
	show         func(float64) string
}

var columns = []column{
	{"deliveries/s", throughput, thousands},
	{"p50 ms", "latency_p50_us", millis},
	{"p99 ms", latency99, millis},
	{"server CPU s per million", cost, decimals},
	{"server's core busy", "server_cores", decimals},
	{"load's core busy", "client_cores", decimals},
	{"KiB a connection", "rss_per_connection_bytes", func(v float64) string { return strconv.FormatFloat(v/1024, 'f', 1, 64) }},
	{"logins/s", "logins_per_second", thousands},
}

// markdown writes all for people. A cell has the median, and least and most behind it.
func (r *report) markdown(w io.Writer) error {
	t := &strings.Builder{}
	fmt.Fprintf(t, "# Rooms beside those of other servers\n\n")
	r.place(t)
	for i := range r.Results {
		r.scenario(t, &r.Results[i])
	}
	r.yardstickTable(t)
	_, err := io.WriteString(w, t.String())
	return err
}

// place says what was measured, on what.
func (r *report) place(t *strings.Builder) {
	m := &r.Machine
	fmt.Fprintf(t, "- parley %s, commit %s", cmp.Or(r.Parley.Version, "-"), cmp.Or(r.Parley.Commit, "not known"))
	for _, name := range r.peers {
		fmt.Fprintf(t, "; %s %s", name, cmp.Or(r.Versions[name], "of a version that is not known"))
	}
	fmt.Fprintf(t, ".\n- %s, %d cores, %s %s, %s", cmp.Or(m.CPU, "CPU not known"), m.Cores, m.OS, m.Kernel, m.Go)
	if r.Pinned != nil {
		fmt.Fprintf(t, "; servers on core %d, load on core %d", r.Pinned.Server[0], r.Pinned.Client[0])
	}
	fmt.Fprintf(t, ".\n- Begun %s. Command: `%s`\n- Median of the runs, with least and most.\n", r.Started.Format("2006-01-02 15:04 UTC"), strings.Join(r.Command, " "))
}

func (r *report) scenario(t *strings.Builder, result *fanout.Result) {
	s := &result.Scenario
	fmt.Fprintf(t, "\n## %s\n\n%s (%d x %d members, %d bytes, %v s).\n\n| server |", s.Name, s.About, s.Rooms, s.Members, s.Size, s.Seconds)
	for _, c := range columns {
		fmt.Fprintf(t, " %s |", c.head)
	}
	fmt.Fprintf(t, " parley to it | runs |\n| --- |%s --- | --- |\n", strings.Repeat(" --- |", len(columns)))
	for _, server := range result.Servers {
		if len(server.Runs) > 0 {
			row(t, result, &server)
		}
	}
	troubles(t, result)
}

func row(t *strings.Builder, result *fanout.Result, s *fanout.Series) {
	fmt.Fprintf(t, "| %s |", s.Server)
	for _, c := range columns {
		fmt.Fprintf(t, " %s |", cell(s.Summary, c))
	}
	ratio := "-"
	if mine := median(result, parleyName, throughput); mine > 0 && s.Server != parleyName {
		ratio = decimals(mine / s.Summary[throughput].Median)
	}
	fmt.Fprintf(t, " %s | %d |\n", ratio, len(s.Runs))
}

func cell(summary map[string]fanout.Spread, c column) string {
	spread, ok := summary[c.figure]
	switch {
	case !ok:
		return "-"
	case spread.Min == spread.Max:
		return c.show(spread.Median)
	}
	return fmt.Sprintf("%s (%s - %s)", c.show(spread.Median), c.show(spread.Min), c.show(spread.Max))
}

// troubles says who failed, and what makes the figures doubtful.
func troubles(t *strings.Builder, result *fanout.Result) {
	var others, stolen float64
	fmt.Fprintln(t)
	for _, s := range result.Servers {
		if s.Trouble != "" {
			fmt.Fprintf(t, "- %s failed in run %d: %s\n", s.Server, len(s.Runs)+1, s.Trouble)
		}
		others, stolen = max(others, s.Summary["other_cores"].Max), max(stolen, s.Summary["stolen_cores"].Max)
	}
	fmt.Fprintf(t, "- Cores busy with else: up to %.2f; stolen: up to %.2f.\n", others, stolen)
}

func decimals(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// millis shows microseconds.
func millis(us float64) string { return strconv.FormatFloat(us/1000, 'f', 1, 64) }

func thousands(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
