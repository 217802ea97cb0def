package atrest

import (
	"runtime/debug"
	"testing"
)

// As much as is alive may be allocated before the next collection, then 25 MiB, then half of what is alive.
func TestPercent(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 100, mib: 100, 25 * mib: 100, 40 * mib: 62, 50 * mib: 50, 1000 * mib: 50} {
		if got := percent(live); got != want {
			t.Errorf("%d MiB alive: %d %%, want %d", live/mib, got, want)
		}
	}
}

// The collector is told when what is alive has changed by much, and left as it was in the end. With GOGC it is left alone. Checked by
// breaking it: without leastChange, end or the look at GOGC.
func TestPace_TellsTheCollector(t *testing.T) { // about the whole process
	t.Setenv("GOGC", "")
	p := newPace()
	for _, step := range []struct {
		live uint64
		want int
	}{{25, 100}, {32, 78}, {33, 78}, {60, 50}, {49, 50}, {26, 96}} {
		p.adjust(step.live * mib)
		if got := debug.SetGCPercent(p.set); got != step.want || p.set != got {
			t.Errorf("%d MiB alive: %d %%, want %d", step.live, got, step.want)
		}
	}
	p.adjust(100 * mib)
	p.end()
	if got := debug.SetGCPercent(usualPercent); got != usualPercent {
		t.Errorf("it is left at %d %%", got)
	}
	t.Setenv("GOGC", "100")
	if p := newPace(); p != nil {
		t.Error("GOGC is not heeded")
	}
}
