package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/parley-im/parley/bench/fanout"
)

// The measures of the plot in pixels.
const (
	barWidth  = 34
	groupGap  = 40
	plotLeft  = 80
	plotTop   = 70
	plotHigh  = 320
	plotUnder = 50
)

var colors = map[string]string{
	parleyName: "#1f6feb", limitCo: "#57606a", limitWrite: "#afb8c1", natsName: "#2da44e", centriName: "#bf8700", socketName: "#8250df",
}

// plot draws what the closed loads came to, as an SVG: a group of bars for each scenario, a bar for each server up to its median, with
// a line from least to most. Above parley's bar is its rate, above the others how many times theirs that is.
func (r *report) plot(w io.Writer) error {
	p := &plot{}
	for i := range r.Results {
		if r.Results[i].Scenario.Window > 0 {
			p.results = append(p.results, &r.Results[i])
		}
	}
	for _, result := range p.results {
		for _, s := range result.Servers {
			p.most = max(p.most, s.Summary[throughput].Max)
			p.bars = max(p.bars, len(result.Servers))
		}
	}
	_, err := io.WriteString(w, p.draw())
	return err
}

// plot is a drawing.
type plot struct {
	strings.Builder
	results []*fanout.Result
	// most is the greatest rate, bars how many a group has.
	most float64
	bars int
}

func (p *plot) draw() string {
	group := p.bars*barWidth + groupGap
	width, height := plotLeft+max(len(p.results)*group, 500)+20, plotTop+plotHigh+plotUnder
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n", width, height, width, height)
	fmt.Fprintf(p, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	p.text(plotLeft, 22, "start", `font-size="15"`, "Deliveries a second, one core; above a bar: parley to it")
	p.grid(width - 20)
	for i, result := range p.results {
		left := plotLeft + groupGap/2 + i*group
		p.text(left+(group-groupGap)/2, plotTop+plotHigh+20, "middle", `font-size="13"`, result.Scenario.Name)
		for n := range result.Servers {
			p.bar(left+n*barWidth, result, &result.Servers[n])
		}
		if i == 0 {
			p.legend(result)
		}
	}
	p.WriteString("</svg>\n")
	return p.String()
}

func (p *plot) text(x, y int, anchor, more, s string) {
	fmt.Fprintf(p, `<text x="%d" y="%d" text-anchor="%s" fill="#1f2328" %s>%s</text>`+"\n", x, y, anchor, more, s)
}

// y is where a rate is.
func (p *plot) y(rate float64) int { return plotTop + plotHigh - int(plotHigh*rate/max(p.most, 1)) }

// grid draws a line at every round rate, 4 to 9 of them.
func (p *plot) grid(right int) {
	step := 1.0
	for i := 0; p.most/step >= 10; i++ {
		step *= []float64{2, 2.5, 2}[i%3] // 1, 2, 5, 10, 20
	}
	for rate := 0.0; rate <= p.most; rate += step {
		fmt.Fprintf(p, `<path d="M%d %dH%d" stroke="#d0d7de"/>`+"\n", plotLeft, p.y(rate), right)
		p.text(plotLeft-8, p.y(rate)+4, "end", "", thousands(rate))
	}
}

func (p *plot) legend(result *fanout.Result) {
	for i, s := range result.Servers {
		x := plotLeft + i*100
		fmt.Fprintf(p, `<rect x="%d" y="34" width="11" height="11" fill="%s"/>`+"\n", x, colors[s.Server])
		p.text(x+16, 44, "start", "", s.Server)
	}
}

func (p *plot) bar(x int, result *fanout.Result, s *fanout.Series) {
	rate, middle := s.Summary[throughput], x+barWidth/2-1
	if rate.Median == 0 {
		p.text(middle, p.y(0)-4, "middle", "", "failed")
		return
	}
	fmt.Fprintf(p, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"><title>%s: %s</title></rect>`+"\n",
		x, p.y(rate.Median), barWidth-4, p.y(0)-p.y(rate.Median), colors[s.Server], s.Server, thousands(rate.Median))
	fmt.Fprintf(p, `<path d="M%d %dV%d" stroke="#1f2328"/>`+"\n", middle, p.y(rate.Min), p.y(rate.Max))
	label := thousands(rate.Median/1000) + "k"
	if mine := median(result, parleyName, throughput); s.Server != parleyName && mine > 0 {
		label = decimals(mine / rate.Median)
	}
	p.text(middle, p.y(rate.Max)-5, "middle", "", label)
}
