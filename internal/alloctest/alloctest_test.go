package alloctest_test

import (
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/alloctest"
)

// complaints counts what a test would have been failed for.
type complaints struct {
	testing.TB
	n int
}

func (c *complaints) Helper()               {}
func (c *complaints) Errorf(string, ...any) { c.n++ }

// What is allocated beyond the bound is a complaint, also when it is freed before the end; what stays below it is none.
func TestAtMost_ComplainsBeyondTheBound(t *testing.T) {
	c := &complaints{TB: t}
	var kept string
	alloctest.AtMost(c, 1<<20, "little", func() { kept = strings.Repeat("x", 1<<10) })
	if c.n != 0 || len(kept) != 1<<10 {
		t.Errorf("%d complaints of little", c.n)
	}
	alloctest.AtMost(c, 1<<20, "much", func() {
		for range 64 {
			kept = strings.Repeat("x", 1<<17)
		}
	})
	if c.n != 1 {
		t.Errorf("%d complaints of much, want 1", c.n)
	}
}
