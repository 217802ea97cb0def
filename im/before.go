package im

// Before bounds a page of history from above: messages with TS < TS if that is > 0, and with N < N if that is > 0. The zero
// Before bounds nothing.
type Before struct {
	TS Millis
	N  uint64
}

// Admits reports whether a message with that stamp and number lies below b.
func (b Before) Admits(ts Millis, n uint64) bool {
	return (b.TS <= 0 || ts < b.TS) && (b.N == 0 || n < b.N)
}
