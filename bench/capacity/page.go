package main

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"text/template"
)

//go:embed page.tmpl
var text string

var tmpl = template.Must(template.New("page").Parse(text))

// view is what the template shows.
type view struct {
	Source string
	// Full are rooms that a core carries when it does nothing else.
	Full []fullRoom
	// Joined and Alone are what a million deliveries take, in CPU seconds: where much is joined into one write, and where nothing is.
	Joined, Alone string
	Periods       []string
	Players       []playersRow
}

type fullRoom struct{ Rooms, Members, Bytes, PerSecond, Messages, Cost, P99 string }

// playersRow is how many players of rooms of that size half a core carries, for each of the periods in which each says something.
type playersRow struct {
	Members string
	Players []string
}

// full are the scenarios in which the server's core is full.
var full = []string{"1x100", "1x1000", "1x1000-1kib", "1x5000", "1x15000", "50x50"}

// alone is the scenario in which each message is a write of its own.
const alone = "1x1000-open20k"

// periods are how often a player says something, in seconds, and rooms of how many players they are in.
var (
	periods = []float64{1, 10, 60}
	sizes   = []int{4, 10, 50, 100, 1000}
)

// half is how much of a core is planned with.
const half = 0.5

// page renders the page of results that are in a file of that name.
func (r results) page(source string) (string, error) {
	v := view{Source: source}
	least := math.Inf(1)
	for _, name := range full {
		l, err := r.of(name)
		if err != nil {
			return "", err
		}
		least = min(least, l.median(cost))
		v.Full = append(v.Full, fullRoom{
			thousands(float64(l.rooms)), thousands(float64(l.members)), thousands(float64(l.size)), thousands(round(l.median(perSecond))),
			thousands(round(l.median(perSecond) / float64(l.members-1))), fmt.Sprintf("%.2f", l.median(cost)), fmt.Sprintf("%.0f", l.median(latency99)/1e3),
		})
	}
	l, err := r.of(alone)
	if err != nil {
		return "", err
	}
	v.Joined, v.Alone = fmt.Sprintf("%.1f", least), fmt.Sprintf("%.1f", l.median(cost))
	for _, p := range periods {
		v.Periods = append(v.Periods, fmt.Sprint(p))
	}
	for _, size := range sizes {
		row := playersRow{Members: thousands(float64(size))}
		for _, p := range periods {
			row.Players = append(row.Players, thousands(round(players(size, p, l.median(cost)))))
		}
		v.Players = append(v.Players, row)
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, v); err != nil {
		return "", err
	}
	return b.String(), nil
}

// players is how many of them half a core carries, in rooms of that size, when each says something every so many seconds and a million
// deliveries take so many seconds.
func players(size int, period, costPerMillion float64) float64 {
	deliveriesEach := float64(size-1) / period
	return half / (deliveriesEach * costPerMillion / 1e6)
}

// round leaves two digits: a plan needs no more, and a machine that is another gives no more.
func round(f float64) float64 {
	if f <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(f))-1)
	return math.Round(f/unit) * unit
}

// thousands writes a whole number with commas.
func thousands(f float64) string {
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
