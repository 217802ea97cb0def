package swarm

import (
	"context"
	"syscall"
	"time"
)

// nap is how long a sleep is deaf to the end of its context.
const nap = 10 * time.Millisecond

// Sleep waits for d, which may be negative, and reports whether ctx is still alive. It asks the kernel, which is exact to
// some 50 µs; Go's timers of a process that has nothing else to do are late by up to a millisecond, and the open load
// would call that latency.
func Sleep(ctx context.Context, d time.Duration) bool {
	for until := time.Now().Add(d); ctx.Err() == nil; {
		left := time.Until(until)
		if left <= 0 {
			return true
		}
		t := syscall.NsecToTimespec(int64(min(left, nap)))
		_ = syscall.Nanosleep(&t, nil) // interrupted, it looks again
	}
	return false
}
