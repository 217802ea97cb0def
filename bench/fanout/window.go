package fanout

import (
	"context"
	"sync/atomic"
)

// window bounds how many broadcasts are outstanding: each has a slot, which comes back with its last delivery. Safe for
// concurrent use.
type window struct {
	// free holds the slots that are not in use. Its room is the size of the window, so nobody ever waits to give one back.
	free chan uint32
	left []pending
}

// pending is how many deliveries of a slot's broadcast are to come, on a cache line of its own: every delivery of every
// member counts one down.
type pending struct {
	count atomic.Int32
	_     [60]byte
}

func newWindow(size int) *window {
	w := &window{free: make(chan uint32, size), left: make([]pending, size)}
	for slot := range size {
		w.free <- uint32(slot)
	}
	return w
}

// take waits for a slot, for a broadcast to so many members. ok is false when ctx ended first.
func (w *window) take(ctx context.Context, members int) (slot uint32, ok bool) {
	select {
	case <-ctx.Done():
		return 0, false
	case slot = <-w.free:
		w.left[slot].count.Store(int32(members))
		return slot, true
	}
}

// tryTake takes a slot if there is one.
func (w *window) tryTake(members int) (slot uint32, ok bool) {
	select {
	case slot = <-w.free:
		w.left[slot].count.Store(int32(members))
		return slot, true
	default:
		return 0, false
	}
}

// giveBack gives back a slot that was not used.
func (w *window) giveBack(slot uint32) { w.free <- slot }

// delivered counts one delivery of the slot's broadcast. Nobody may count one twice.
func (w *window) delivered(slot uint32) {
	if int(slot) < len(w.left) && w.left[slot].count.Add(-1) == 0 {
		w.free <- slot
	}
}
