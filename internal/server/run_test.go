package server

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

// lines hands over what is logged, line by line.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// A node that takes too long to end says which goroutines there are, one that ends in time says nothing.
//
// Checked by breaking it: without the stacks, and with a done that does not stop the timer, it fails.
func TestRun_SaysWhatItWaitsForWhenItDoesNotEnd(t *testing.T) {
	said := make(lines, 1)
	logger := slog.New(slog.NewTextHandler(said, nil))
	if done := sayWhatWaits(logger, time.Hour); !done() {
		t.Error("a timer that nothing had stopped was not there to be stopped")
	}
	sayWhatWaits(logger, time.Millisecond)
	if line := <-said; !strings.Contains(line, "closing takes too long") || !strings.Contains(line, "TestRun_SaysWhatItWaitsFor") {
		t.Errorf("a node that does not end says %.400s, want it to name what runs", line)
	}
}
