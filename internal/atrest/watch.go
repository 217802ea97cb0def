package atrest

import "time"

const (
	// restLooks is how many looks in a row must find little allocated: a pause between two bursts is no rest.
	restLooks = 3
	// quietPart of what is alive, or quietBytes, is little between two looks: heartbeats, and what a node does when nobody asks.
	quietPart  = 100
	quietBytes = 512 << 10
	// sparePart of what is alive, and spareBytes, is how much more must be resident to be worth a collection.
	sparePart  = 10
	spareBytes = 4 << 20
	// pause is the time between two times when not as much was allocated in between as is alive.
	pause = time.Minute
)

// reading is what the runtime says at one moment, in bytes.
type reading struct {
	// allocated is all that ever was.
	allocated uint64
	// live is what the latest collection found alive.
	live uint64
	// resident is what is alive, dead, or free and not given back; without the gaps between objects, which cannot be given back.
	resident uint64
}

// watch decides when memory is given back, from looks in a row.
type watch struct {
	// last is the reading of the look before.
	last reading
	// quiet counts the looks in a row that found little allocated.
	quiet int
	// given is when memory was given back, zero = never, and givenAt what had been allocated by then.
	given   time.Time
	givenAt uint64
}

// newWatch returns the watch of a process that has just begun to work.
func newWatch() *watch { return &watch{} }

// look takes the reading of one moment, and reports whether memory is to be given back then.
func (w *watch) look(now time.Time, r reading) (giveBack bool) {
	if r.allocated-w.last.allocated <= max(r.live/quietPart, quietBytes) {
		w.quiet++
	} else {
		w.quiet = 0
	}
	w.last = r
	if w.quiet < restLooks || !r.isWorthIt() || !w.isDue(now, r) {
		return false
	}
	w.given, w.givenAt = now, r.allocated
	return true
}

// isWorthIt reports whether much is resident that is not alive.
func (r reading) isWorthIt() bool {
	return r.resident > r.live+max(r.live/sparePart, spareBytes)
}

// isDue reports whether memory was not given back a moment ago, or for so much work that one collection more does not matter.
func (w *watch) isDue(now time.Time, r reading) bool {
	return w.given.IsZero() || now.Sub(w.given) >= pause || r.allocated-w.givenAt >= r.live
}
