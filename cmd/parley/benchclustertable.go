package main

import (
	"fmt"
	"io"
	"strings"

	clusterbench "github.com/parley-im/parley/bench/cluster"
)

// writeClusterTable writes the result for people: for each number of conversations a column for each cluster, and one for its
// ratio to the first.
func writeClusterTable(w io.Writer, r clusterbench.Report) {
	var text strings.Builder
	ink := inkFor(w)
	p := r.Parameters
	fmt.Fprintf(&text, "\n%sgroups of %s, %d bytes, %v s each, the middle of %s%s\n", ink.bold, plural(p.Members, "member"), p.Size, p.DurationSeconds, plural(p.Rounds, "round"), ink.off)
	for _, conversations := range p.Conversations {
		text.WriteString("\n" + ink.dim)
		clusterHead(&text, plural(conversations, "conversation"), p.Nodes)
		text.WriteString(ink.off)
		for _, row := range clusterRows {
			clusterLine(&text, &r, conversations, row)
		}
	}
	text.WriteString("\n" + ink.dim)
	clusterHead(&text, "nothing to do", p.Nodes[:0])
	text.WriteString(ink.off)
	for _, nodes := range p.Nodes {
		fmt.Fprintf(&text, "%-28s%12s\n", "CPU of a node, of "+plural(nodes, "node"), fmt.Sprintf("%.1f %%", r.IdleCPU(nodes)))
	}
	fmt.Fprintf(&text, "\n%s%s, load %s to %s%s\n", ink.dim,
		placeLine(r.Machine, r.Version, r.Commit), amount(r.Load[0]), amount(r.Load[1]), ink.off)
	io.WriteString(w, text.String()) //nolint:errcheck // nobody reads on
}

// clusterRow is a figure of a measurement.
type clusterRow struct {
	name     string
	figure   func(clusterbench.Measurement) float64
	show     func(float64) string
	compared bool
	// rare rows are written only when there is something to say.
	rare bool
}

var clusterRows = []clusterRow{
	{name: "closed, unanswered", figure: func(m clusterbench.Measurement) float64 { return float64(m.Unanswered) }, show: count},
	{name: "  acked/s", figure: func(m clusterbench.Measurement) float64 { return m.PerSecond }, show: count, compared: true},
	{name: "  nodes' CPU, ms/1,000", figure: func(m clusterbench.Measurement) float64 { return m.ServerCPU }, show: amount, compared: true},
	{name: "  clients' CPU, ms/1,000", figure: func(m clusterbench.Measurement) float64 { return m.ClientCPU }, show: amount},
	{name: "  refused", figure: func(m clusterbench.Measurement) float64 { return float64(m.Refused) }, show: count, rare: true},
	{name: "open, latency p50", figure: func(m clusterbench.Measurement) float64 { return float64(m.Latency.P50) }, show: micros, compared: true},
	{name: "      p99", figure: func(m clusterbench.Measurement) float64 { return float64(m.Latency.P99) }, show: micros, compared: true},
	{name: "      max", figure: func(m clusterbench.Measurement) float64 { return float64(m.Latency.Max) }, show: micros},
	{name: "  said late by, p99", figure: func(m clusterbench.Measurement) float64 { return float64(m.SayDelay.P99) }, show: micros},
	{name: "  refused", figure: func(m clusterbench.Measurement) float64 { return float64(m.OpenRefused) }, show: count, rare: true},
	{name: "broken off before", figure: func(m clusterbench.Measurement) float64 { return float64(m.Broken) }, show: count, rare: true},
}

func micros(n float64) string { return span(int64(n)) }

func clusterHead(text *strings.Builder, name string, nodes []int) {
	line := fmt.Sprintf("%-28s", name)
	for i, n := range nodes {
		line += fmt.Sprintf("%12s", plural(n, "node"))
		if i > 0 {
			line += fmt.Sprintf("%8s", "ratio")
		}
	}
	text.WriteString(strings.TrimRight(line, " ") + "\n")
}

func clusterLine(text *strings.Builder, r *clusterbench.Report, conversations int, row clusterRow) {
	line, some := fmt.Sprintf("%-28s", row.name), false
	for i, nodes := range r.Parameters.Nodes {
		value := r.Median(nodes, conversations, row.figure)
		some = some || value != 0
		line += fmt.Sprintf("%12s", row.show(value))
		if i > 0 {
			ratio := ""
			if row.compared {
				ratio = amount(r.Ratio(nodes, conversations, row.figure))
			}
			line += fmt.Sprintf("%8s", ratio)
		}
	}
	if some || !row.rare {
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
