package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
)

// writeFanoutTable writes the result for people.
func writeFanoutTable(w io.Writer, r fanout.Report) {
	t := &fanoutTable{ink: inkFor(w), report: r}
	fmt.Fprintf(&t.text, "\n%s%s%s\n\n", t.ink.bold, loadLine(r.Parameters), t.ink.off)
	t.head()
	t.speed()
	t.cost()
	t.faults()
	fmt.Fprintf(&t.text, "\n%s%s%s\n", t.ink.dim, machineLine(r), t.ink.off)
	io.WriteString(w, t.text.String()) //nolint:errcheck // nobody reads on
}

// fanoutTable is a column for the server and, where there is one, a column for the baseline and one for their ratio.
type fanoutTable struct {
	text   strings.Builder
	ink    ink
	report fanout.Report
}

func (t *fanoutTable) head() {
	name := "server"
	if t.report.Parameters.Target == "" {
		name = "parley"
	}
	t.text.WriteString(t.ink.dim)
	t.cells("", name, "write loop", "ratio")
	t.text.WriteString(t.ink.off)
}

func (t *fanoutTable) speed() {
	ratios := fanout.Ratios{}
	if t.report.Ratios != nil {
		ratios = *t.report.Ratios
	}
	t.row("deliveries/s", ratios.DeliveriesPerSecond, func(m fanout.Measurement) string { return thousands(int64(m.DeliveriesPerSecond)) })
	t.row("broadcasts/s", 0, func(m fanout.Measurement) string { return amount(m.BroadcastsPerSecond) })
	t.row("latency p50", ratios.LatencyP50, func(m fanout.Measurement) string { return span(m.Latency.P50) })
	t.row("        p90", 0, func(m fanout.Measurement) string { return span(m.Latency.P90) })
	t.row("        p99", ratios.LatencyP99, func(m fanout.Measurement) string { return span(m.Latency.P99) })
	t.row("        p99.9", 0, func(m fanout.Measurement) string { return span(m.Latency.P999) })
	t.row("        max", 0, func(m fanout.Measurement) string { return span(m.Latency.Max) })
	if t.report.Server.SayDelay != nil {
		t.row("said late by, p99", 0, func(m fanout.Measurement) string { return span(m.SayDelay.P99) })
	}
	t.row("logins/s", 0, func(m fanout.Measurement) string { return thousands(int64(m.LoginsPerSecond)) })
}

func (t *fanoutTable) cost() {
	ratio := 0.0
	if t.report.Ratios != nil {
		ratio = t.report.Ratios.ServerCPU
	}
	t.text.WriteString(t.ink.dim + "CPU, seconds per million deliveries" + t.ink.off + "\n")
	t.row("  server", ratio, func(m fanout.Measurement) string {
		if m.ServerCPU == nil {
			return "not measured"
		}
		return amount(m.ServerCPU.PerMillion)
	})
	t.row("  load generator", 0, func(m fanout.Measurement) string { return amount(m.ClientCPU.PerMillion) })
}

func (t *fanoutTable) faults() {
	t.text.WriteString(t.ink.dim + "deliveries that were" + t.ink.off + "\n")
	for _, f := range []struct {
		name   string
		always bool
		n      func(fanout.Measurement) int64
	}{
		{"  lost", true, func(m fanout.Measurement) int64 { return m.Lost }},
		{"  doubled", true, func(m fanout.Measurement) int64 { return m.Doubled }},
		{"  out of order", true, func(m fanout.Measurement) int64 { return m.OutOfOrder }},
		{"  astray, damaged", false, func(m fanout.Measurement) int64 { return m.Stray }},
		{"never said", false, func(m fanout.Measurement) int64 { return m.Unsent }},
		{"members cut off", false, func(m fanout.Measurement) int64 { return int64(m.CutOff) }},
	} {
		if f.always || f.n(t.report.Server) > 0 {
			t.row(f.name, 0, func(m fanout.Measurement) string { return thousands(f.n(m)) })
		}
	}
}

// row writes a figure of all who were measured; ratio 0 is none.
func (t *fanoutTable) row(name string, ratio float64, figure func(fanout.Measurement) string) {
	base, compared := "", ""
	if t.report.Baseline != nil {
		base = figure(*t.report.Baseline)
	}
	if ratio != 0 {
		compared = amount(ratio)
	}
	t.cells(name, figure(t.report.Server), base, compared)
}

func (t *fanoutTable) cells(name, server, base, ratio string) {
	line := fmt.Sprintf("%-20s%14s", name, server)
	if t.report.Baseline != nil {
		line += fmt.Sprintf("%14s%10s", base, ratio)
	}
	t.text.WriteString(strings.TrimRight(line, " ") + "\n")
}

// loadLine says what was asked of the server.
func loadLine(p fanout.Parameters) string {
	load := fmt.Sprintf("window %d", p.Window)
	if p.Rate > 0 {
		load = amount(p.Rate) + " broadcasts/s"
	}
	senders := plural(p.Senders, "sender")
	if p.Rooms > 1 {
		senders += " each"
	}
	return fmt.Sprintf("%s of %s, %s, %s, %d bytes, Engine.IO %d, %v s",
		plural(p.Rooms, "room"), plural(p.Members, "member"), senders, load, p.Size, p.Revision, p.DurationSeconds)
}

// machineLine says on what.
func machineLine(r fanout.Report) string {
	return placeLine(r.Machine, r.Parley.Version, r.Parley.Commit)
}

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
