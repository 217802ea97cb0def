package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/parley-im/parley/bench/fanout"
)

// benchScreen shows on a terminal how far a benchmark is, in one line that is redrawn; elsewhere it shows nothing.
type benchScreen struct {
	w   io.Writer // nil = no terminal
	ink ink
	// bar is the width of the bar; 0 = there is no room for one.
	bar int
}

const (
	startOfLine = "\r\x1b[K" // and clears it
	mostBar     = 24
	// besideBar is the width of everything else in a line. A line that wraps could not be redrawn.
	besideBar = 60
)

func newBenchScreen(w io.Writer) *benchScreen {
	if !isTerminal(w) {
		return &benchScreen{}
	}
	s := &benchScreen{w: w, ink: inkFor(w), bar: mostBar}
	if width, _, err := term.GetSize(int(w.(*os.File).Fd())); err == nil && width > 0 {
		s.bar = min(max(width-besideBar, 0), mostBar)
	}
	return s
}

// clear takes the line away.
func (s *benchScreen) clear() { s.draw("") }

// say shows a step that nobody measures.
func (s *benchScreen) say(name, phase string) {
	s.draw(s.line(name, fanout.Progress{Phase: phase}))
}

// progress returns what shows the progress of the run called name; nil where there is no terminal.
func (s *benchScreen) progress(name string) func(fanout.Progress) {
	if s.w == nil {
		return nil
	}
	return func(p fanout.Progress) { s.draw(s.line(name, p)) }
}

// steps returns what shows how far a run of several phases is, each in units of its own; nil where there is no terminal. It
// is safe for concurrent use.
func (s *benchScreen) steps() func(phase string, done, total int64) {
	draw := s.progress("parley")
	if draw == nil {
		return nil
	}
	var mu sync.Mutex // one line at a time
	return func(phase string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		draw(fanout.Progress{Phase: phase, Count: done, Total: total})
	}
}

func (s *benchScreen) draw(line string) {
	if s.w != nil {
		io.WriteString(s.w, startOfLine+line) //nolint:errcheck // nobody reads on
	}
}

func (s *benchScreen) line(name string, p fanout.Progress) string {
	text := fmt.Sprintf("%s%-15s%s  %-12s", s.ink.bold, name, s.ink.off, p.Phase)
	if f, ok := p.Fraction(); ok {
		full := int(f*float64(s.bar) + 0.5)
		text += "  " + strings.Repeat("█", full) + s.ink.dim + strings.Repeat("░", s.bar-full) + s.ink.off
		text += fmt.Sprintf("  %10s", remaining(p))
	}
	if p.Rate > 0 {
		text += fmt.Sprintf("  %11s/s", thousands(int64(p.Rate)))
	}
	return text
}

// remaining is the time that is left, or how much is done where that is not known.
func remaining(p fanout.Progress) string {
	if p.Total > 0 {
		return fmt.Sprintf("%d%%", 100*p.Count/p.Total)
	}
	if p.Left >= 100*time.Second {
		return fmt.Sprintf("%v left", p.Left.Round(time.Second))
	}
	return fmt.Sprintf("%.1f s left", p.Left.Seconds())
}
