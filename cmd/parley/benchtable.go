package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
)

// writeFanoutTable writes for people what came out of one scenario: a column for each server, and beside each baseline one for what
// the first server is to it. Of several runs a cell has least, middle and greatest, and the ratio is that of the middles.
func writeFanoutTable(w io.Writer, r *fanout.Report, result *fanout.Result) {
	t := &fanoutTable{ink: inkFor(w), result: result}
	for _, s := range result.Servers {
		t.runs = max(t.runs, len(s.Runs))
	}
	name := result.Scenario.Name
	if name != "" {
		name += ": "
	}
	fmt.Fprintf(&t.text, "\n%s%s%s%s\n\n", t.ink.bold, name, loadLine(result, t.runs), t.ink.off)
	t.head()
	for _, row := range fanoutRows {
		t.row(row)
	}
	t.ends()
	t.doubts()
	if r.Pinned == nil && r.Target == "" {
		fmt.Fprintf(&t.text, "%sserver and load shared their cores%s\n", t.ink.dim, t.ink.off)
	}
	io.WriteString(w, t.text.String()) //nolint:errcheck // nobody reads on
}

// fanoutTable is a table that is being written.
type fanoutTable struct {
	text   strings.Builder
	ink    ink
	result *fanout.Result
	runs   int
	// headline is what comes before the next row, if there is one.
	headline string
}

const (
	nameWidth  = 22
	ratioWidth = 8
)

// width is that of a server's column.
func (t *fanoutTable) width() int {
	if t.runs > 1 {
		return 35
	}
	return 14
}

func (t *fanoutTable) head() {
	name, cells, ratios := "", make([]string, len(t.result.Servers)), make([]string, len(t.result.Servers))
	if t.runs > 1 {
		name = "least, middle, most"
	}
	for i, s := range t.result.Servers {
		cells[i], ratios[i] = s.Server, "ratio"
	}
	t.text.WriteString(t.ink.dim)
	t.cells(name, cells, ratios)
	t.text.WriteString(t.ink.off)
}

// row writes a figure of all servers. One that nobody has is left out, and so is one that is always 0 and need not be told.
func (t *fanoutTable) row(row fanoutRow) {
	if row.figure == "" {
		t.headline = t.ink.dim + row.name + t.ink.off + "\n"
		return
	}
	told := false
	cells, ratios := make([]string, len(t.result.Servers)), make([]string, len(t.result.Servers))
	for i, s := range t.result.Servers {
		spread, ok := s.Summary[row.figure]
		cells[i] = "-"
		if ok {
			cells[i] = t.spread(spread, row.show)
		}
		told = told || ok && (row.always || row.show(spread.Max) != row.show(0))
		if ratio := s.Ratios[row.figure]; row.compared && ratio != 0 {
			ratios[i] = amount(ratio)
		}
	}
	if told || row.always && !row.optional {
		if row.name[0] == ' ' {
			t.text.WriteString(t.headline)
		}
		t.headline = ""
		t.cells(row.name, cells, ratios)
	}
}

func (t *fanoutTable) spread(s fanout.Spread, show func(float64) string) string {
	if t.runs == 1 {
		return show(s.Median)
	}
	return fmt.Sprintf("%s%s%s", show(s.Min), right(show(s.Median), 12), right(show(s.Max), 12))
}

func (t *fanoutTable) cells(name string, cells, ratios []string) {
	line := name + strings.Repeat(" ", max(nameWidth-utf8.RuneCountInString(name), 0))
	for i, c := range cells {
		line += right(c, t.width())
		if i > 0 {
			line += right(ratios[i], ratioWidth)
		}
	}
	t.text.WriteString(strings.TrimRight(line, " ") + "\n")
}

// ends says how the connections of those who stopped reading were found, and who was not measured.
func (t *fanoutTable) ends() {
	for _, s := range t.result.Servers {
		if s.Trouble != "" {
			fmt.Fprintf(&t.text, "%s was not measured: %s\n", s.Server, s.Trouble)
			continue
		}
		ends, stopped := map[string]int{}, 0
		for _, m := range s.Runs {
			if m.Slow == nil {
				continue
			}
			stopped += m.Slow.Stopped
			for how, n := range m.Slow.Ended {
				ends[how] += n
			}
		}
		if stopped > 0 {
			fmt.Fprintf(&t.text, "%s: of %s who stopped reading %s\n", s.Server, thousands(int64(stopped)), counted(ends))
		}
	}
}

// doubts says that a limit is none. Noise of a few percent is no reason: who comes close to a limit may be measured beyond it.
func (t *fanoutTable) doubts() {
	c := &t.result.Scenario
	for _, s := range t.result.Servers[1:] {
		if s.Server == defaultBaseline && c.Window > 0 && s.Ratios["deliveries_per_second"] > 1.05 {
			fmt.Fprintf(&t.text, "%s is slower than %s: the baseline is broken, or others had the machine\n", s.Server, t.result.Servers[0].Server)
		}
	}
}

// right pads on the left, by what people see.
func right(s string, width int) string {
	return strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0)) + s
}

// loadLine says what was asked of the servers.
func loadLine(r *fanout.Result, runs int) string {
	c := &r.Scenario
	load := fmt.Sprintf("window %d", c.Window)
	switch {
	case c.DeliveriesPerSecond > 0:
		load = amount(c.DeliveriesPerSecond) + " deliveries/s"
	case c.Rate > 0:
		load = amount(c.Rate) + " broadcasts/s"
	}
	senders := plural(c.Senders, "sender")
	if c.Rooms > 1 {
		senders += " each"
	}
	parts := []string{plural(c.Rooms, "room") + " of " + plural(c.Members, "member"), senders, load, plural(c.Size, "byte")}
	if c.JoinsPerSecond > 0 {
		parts = append(parts, amount(c.JoinsPerSecond)+" joins/s")
	}
	if c.SlowPercent > 0 {
		parts = append(parts, fmt.Sprintf("%v %% stop reading", c.SlowPercent))
	}
	parts = append(parts, r.Protocol, fmt.Sprintf("%v s", c.Seconds))
	if runs > 1 {
		parts = append(parts, plural(runs, "run"))
	}
	return strings.Join(parts, ", ")
}

// writeFanoutFoot says on what it was measured.
func writeFanoutFoot(w io.Writer, r *fanout.Report) {
	ink := inkFor(w)
	line := placeLine(r.Machine, r.Parley.Version, r.Parley.Commit) + pinnedLine(r.Pinned)
	fmt.Fprintf(w, "\n%s%s%s\n", ink.dim, line, ink.off)
}

// pinnedLine says on which cores it was measured; "" when both sides had all.
func pinnedLine(p *machine.Pinned) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("; server on core %s, load on core %s", numbers(p.Server), numbers(p.Client))
}

func numbers(list []int) string { return strings.Trim(fmt.Sprint(list), "[]") }

// placeLine names a machine, and what was measured on it; version "" = nobody knows.
func placeLine(m machine.Machine, version, commit string) string {
	parts := []string{m.CPU, plural(m.Cores, "core"), strings.TrimSpace(m.OS + " " + m.Kernel), m.Go}
	if version != "" {
		parts = append(parts, strings.TrimSpace("parley "+version+" "+commit))
	}
	if parts[0] == "" {
		parts = parts[1:]
	}
	return strings.Join(parts, ", ")
}
