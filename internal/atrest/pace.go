package atrest

import (
	"os"
	"runtime/debug"
)

const (
	// freeGarbageBytes may be allocated between two collections, if that much is alive: in a small heap a collection is cheap, and
	// there is as much time between two of them as Go would leave.
	freeGarbageBytes = 25 << 20
	// leastPercent is how much may be allocated between two collections of a large heap, in percent of what is alive.
	leastPercent = 50
	// usualPercent is what Go does unless it is told otherwise.
	usualPercent = 100
	// leastChange is how many percent are worth stopping everybody, for some microseconds.
	leastChange = 5
)

// percent is how much may be allocated before the next collection, in percent of what is alive. What many logins leave dies among what
// stays, and the gaps are resident for as long as those sessions last: the more often it is collected meanwhile, the fewer there are.
func percent(live uint64) int {
	return int(max(leastPercent, min(usualPercent, usualPercent*freeGarbageBytes/max(live, 1))))
}

// pace keeps the collector's percentage at what suits the heap. It is for one goroutine; nil does nothing.
type pace struct{ set int }

// newPace returns nil where somebody has decided by GOGC.
func newPace() *pace {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	return &pace{usualPercent}
}

// adjust is told how many bytes are alive.
func (p *pace) adjust(live uint64) {
	if p == nil {
		return
	}
	if want := percent(live); want-p.set >= leastChange || p.set-want >= leastChange {
		debug.SetGCPercent(want)
		p.set = want
	}
}

// end leaves the collector as it was.
func (p *pace) end() {
	if p != nil && p.set != usualPercent {
		debug.SetGCPercent(usualPercent)
	}
}
