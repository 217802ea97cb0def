package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/parley-im/parley/bench/start"
)

// writeStartTable writes the result for people: a column of least, middle and greatest for each way to start.
func writeStartTable(w io.Writer, r start.Report) {
	var text strings.Builder
	ink := inkFor(w)
	fmt.Fprintf(&text, "\n%s%s%s\n\n", ink.bold, filledLine(r.Fill), ink.off)
	fmt.Fprintf(&text, "%s%-24s", ink.dim, "least, middle, greatest")
	for _, way := range start.Ways() {
		fmt.Fprintf(&text, "%26s", way)
	}
	text.WriteString(ink.off + "\n")
	for _, row := range startRows {
		line := fmt.Sprintf("%-24s", row.name)
		for _, way := range start.Ways() {
			line += fmt.Sprintf("%26s", spreadCell(&r, way, row))
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	fmt.Fprintf(&text, "\n%s%s, load %s to %s%s\n", ink.dim,
		placeLine(r.Machine, r.Version, r.Commit), amount(r.Load[0]), amount(r.Load[1]), ink.off)
	io.WriteString(w, text.String()) //nolint:errcheck // nobody reads on
}

// startRow is a figure of each start.
type startRow struct {
	name   string
	figure func(start.Start) float64
	show   func(float64) string
}

var startRows = []startRow{
	{"stop before", func(s start.Start) float64 { return s.Stop }, seconds},
	{"ready", func(s start.Start) float64 { return s.Ready }, seconds},
	{"first message acked", func(s start.Start) float64 { return s.Acked }, seconds},
	{"CPU until then", func(s start.Start) float64 { return s.CPU }, seconds},
	{"RSS MiB, ready", func(s start.Start) float64 { return float64(s.RSSReady) }, mebibytes},
	{"  first message and GC", func(s start.Start) float64 { return float64(s.RSSGC) }, mebibytes},
	{"  users read, logged in", func(s start.Start) float64 { return float64(s.RSSSampled) }, mebibytes},
	{"  most of all", func(s start.Start) float64 { return float64(s.RSSPeak) }, mebibytes},
	{"heap MiB after GC", func(s start.Start) float64 { return float64(s.HeapGC) }, mebibytes},
	{"read a user, ms, p50", quantile(readOf, p50), milliseconds},
	{"                 p99", quantile(readOf, p99), milliseconds},
	{"log a user in, ms, p50", quantile(loginOf, p50), milliseconds},
	{"                   p99", quantile(loginOf, p99), milliseconds},
	{"log on disk, MiB", func(s start.Start) float64 { return float64(s.Log) }, mebibytes},
	{"directory, MiB", func(s start.Start) float64 { return float64(s.Disk) }, mebibytes},
}

func readOf(s start.Start) *start.Latency  { return s.Read }
func loginOf(s start.Start) *start.Latency { return s.Login }
func p50(l *start.Latency) int64           { return l.P50 }
func p99(l *start.Latency) int64           { return l.P99 }

// quantile is 0 where nothing was measured.
func quantile(of func(start.Start) *start.Latency, q func(*start.Latency) int64) func(start.Start) float64 {
	return func(s start.Start) float64 {
		if l := of(s); l != nil {
			return float64(q(l))
		}
		return 0
	}
}

func seconds(s float64) string           { return fmt.Sprintf("%.2f", s) }
func mebibytes(bytes float64) string     { return thousands(int64(bytes/(1<<20) + 0.5)) }
func milliseconds(micros float64) string { return fmt.Sprintf("%.1f", micros/1000) }

func spreadCell(r *start.Report, way start.Way, row startRow) string {
	s, ok := r.SpreadOf(way, row.figure)
	if !ok || s.Max == 0 {
		return "-"
	}
	return row.show(s.Min) + "  " + row.show(s.Median) + "  " + row.show(s.Max)
}

// filledLine says what the directory holds, and what it took to get there if this run has filled it.
func filledLine(f start.Fill) string {
	line := plural(f.Users, "user") + " in " + plural(f.Groups, "group")
	if f.UserSeconds == 0 {
		return line + ", made by an earlier run"
	}
	return fmt.Sprintf("%s, made in %.0f s; %s of %s MiB, in %.0f s; RSS of the node up to %s MiB, with %s user actors awake",
		line, f.UserSeconds, plural(f.Messages, "message"), mebibytes(float64(f.MessageBytes)), f.MessageSeconds,
		mebibytes(float64(f.Peak)), thousands(f.Awake))
}
