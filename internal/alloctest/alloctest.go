// Package alloctest bounds, in tests, what code allocates for input of which nobody knows what it claims. What it measures is
// the whole process: leave room for goroutines that allocate meanwhile, and for the race detector.
package alloctest

import (
	"runtime"
	"testing"
)

// AtMost runs f, and complains when the process has allocated more than most bytes by its end, freed or not; what names it in
// the complaint.
func AtMost(t testing.TB, most int, what string, f func()) {
	t.Helper()
	before := allocated()
	f()
	if used := allocated() - before; used > uint64(most) {
		t.Errorf("%s: allocated %d bytes, want at most %d", what, used, most)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
