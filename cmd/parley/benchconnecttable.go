package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/parley-im/parley/bench/connect"
)

// writeConnectTable writes the result for people: for each transport a table of what the node had in all, then what a session
// costs.
func writeConnectTable(w io.Writer, r connect.Report) {
	var text strings.Builder
	ink := inkFor(w)
	for _, m := range r.Transports {
		fmt.Fprintf(&text, "\n%s%s by %s, Engine.IO %d%s\n\n", ink.bold, plural(r.Members, "session"), m.Transport, r.Revision, ink.off)
		text.WriteString(ink.dim)
		connectCells(&text, "", "before", "connected", "logged in", "left")
		text.WriteString(ink.off)
		for _, row := range connectRows {
			var cells []string
			for _, s := range samples(m) {
				cells = append(cells, row.show(row.figure(s)))
			}
			connectCells(&text, row.name, cells...)
		}
		for _, row := range connectRows[:perSessionRows] {
			perSession := func(s connect.Sample) string { return amount(s.PerSession(m.Before, row.figure) / 1024) }
			connectCells(&text, "KiB a session, "+row.short, "", perSession(m.Connected), perSession(m.LoggedIn))
		}
		connectPaces(&text, m)
		text.WriteString(goneLine(m) + "\n")
	}
	fmt.Fprintf(&text, "\n%s%s%s, load %s to %s%s\n", ink.dim,
		placeLine(r.Machine, r.Version, r.Commit), pinnedLine(r.Pinned), amount(r.Load[0]), amount(r.Load[1]), ink.off)
	io.WriteString(w, text.String()) //nolint:errcheck // nobody reads on
}

func samples(m connect.Measurement) []connect.Sample {
	return []connect.Sample{m.Before, m.Connected, m.LoggedIn, m.Left}
}

// connectRow is a figure of each sample.
type connectRow struct {
	name, short string
	figure      func(connect.Sample) float64
	show        func(float64) string
}

// perSessionRows is how many of connectRows, from the first, are also told for one session.
const perSessionRows = 3

var connectRows = []connectRow{
	{"RSS, MiB", "RSS", func(s connect.Sample) float64 { return float64(s.RSS) }, tenthMebibytes},
	{"live heap, MiB", "live heap", func(s connect.Sample) float64 { return float64(s.Live) }, tenthMebibytes},
	{"stacks, MiB", "stacks", func(s connect.Sample) float64 { return float64(s.Stacks) }, tenthMebibytes},
	{"heap in use, MiB", "", func(s connect.Sample) float64 { return float64(s.HeapInUse) }, tenthMebibytes},
	{"goroutines", "", func(s connect.Sample) float64 { return float64(s.Goroutines) }, count},
	{"descriptors", "", func(s connect.Sample) float64 { return float64(s.Descriptors) }, count},
	{"sessions", "", func(s connect.Sample) float64 { return float64(s.Sessions) }, count},
	{"actors of users", "", func(s connect.Sample) float64 { return float64(s.Users) }, count},
}

func tenthMebibytes(bytes float64) string { return fmt.Sprintf("%.1f", bytes/(1<<20)) }
func count(n float64) string              { return thousands(int64(n)) }

// connectPaces writes how fast members connected and logged in, below the columns of what they did.
func connectPaces(text *strings.Builder, m connect.Measurement) {
	connectCells(text, "a second", "", thousands(int64(m.Connect.PerSecond)), thousands(int64(m.LogIn.PerSecond)))
	connectCells(text, "CPU for all, s", "", seconds(m.Connect.CPU), seconds(m.LogIn.CPU))
	connectCells(text, "a second, from TCP on", "", "", thousands(int64(m.FromTCP().PerSecond)))
	connectCells(text, "most RSS, MiB", "", "", tenthMebibytes(float64(m.Peak)))
}

func connectCells(text *strings.Builder, name string, cells ...string) {
	line := fmt.Sprintf("%-24s", name)
	for _, c := range cells {
		line += fmt.Sprintf("%12s", c)
	}
	text.WriteString(strings.TrimRight(line, " ") + "\n")
}

// goneLine says how the clients left, and when what they had was gone.
func goneLine(m connect.Measurement) string {
	how := "silent"
	if m.Cut {
		how = "cut"
	}
	line := fmt.Sprintf("%s: sessions gone after %.0f s, connections after %.0f s", how, m.SessionsGone, m.ConnectionsGone)
	if m.ActorsGone > 0 {
		line += fmt.Sprintf(", actors after %.0f s", m.ActorsGone)
	}
	return line
}
