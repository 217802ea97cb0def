package engineio

import "time"

// Clock tells the time and runs timers. Tests inject their own.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in its own goroutine once d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a timer of a Clock, as time.Timer.
type Timer interface {
	// Stop keeps f from being called, unless it was or is.
	Stop() bool
	// Reset makes f be called once d has passed from now.
	Reset(d time.Duration) bool
}

// SystemClock is the machine's clock. Its times differ by what passed between them, whatever the wall clock did.
type SystemClock struct{}

// Now returns time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (SystemClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
