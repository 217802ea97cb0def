package socketio

import "testing"

// Each step begins (+) or ends (-) a command of so many bytes; what it causes is told once, when a bound is reached and
// when there is room again.
func TestFlight_PausesAtItsBounds(t *testing.T) {
	t.Parallel()
	var calls string
	f := &flight{
		pause: func() { calls += "pause" }, resume: func() { calls += "resume" },
		maxJobs: 3, maxBytes: 100,
	}
	for i, step := range []struct {
		bytes int
		want  string
	}{
		{+1, ""},
		{+1, ""},
		{+1, "pause"},
		{+1, ""},
		{-1, ""},
		{-1, "resume"},
		{+1, "pause"},
		{-1, "resume"},
		{-1, ""},
		{+98, ""},
		{-98, ""},
		{+99, "pause"},
		{-1, "resume"},
		{+200, "pause"},
		{-99, ""},
		{-200, "resume"},
	} {
		calls = ""
		if step.bytes > 0 {
			f.began(step.bytes)
		} else {
			f.ended(-step.bytes)
		}
		if calls != step.want {
			t.Errorf("step %d (%+d): %q, want %q", i, step.bytes, calls, step.want)
		}
	}
	if f.mu.jobs != 0 || f.mu.bytes != 0 {
		t.Errorf("%d commands, %d bytes are left", f.mu.jobs, f.mu.bytes)
	}
}
