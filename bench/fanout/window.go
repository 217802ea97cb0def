package fanout

import (
	"context"
	"sync/atomic"
)

// window bounds how many broadcasts are outstanding: each has a slot, which comes back with its last delivery. Every voice has
// slots of its own when there are enough for that, else all share them. With shared ones each slot that comes back would wake
// another voice, and a server of many rooms would be given single messages only. Safe for concurrent use.
type window struct {
	// free holds the slots that are not in use, by slot % len(free). There is room for all of them, so nobody ever waits to give
	// one back.
	free []chan uint32
	left []pending
}

// pending is how many deliveries of a slot's broadcast are to come, on a cache line of its own: every delivery of every
// member counts one down.
type pending struct {
	count atomic.Int32
	_     [60]byte
}

// newWindow makes a window of so many slots, for so many voices; of what cannot be shared out evenly some voices have one more.
func newWindow(size, voices int) *window {
	if size < voices {
		voices = 1
	}
	w := &window{free: make([]chan uint32, voices), left: make([]pending, size)}
	for i := range w.free {
		w.free[i] = make(chan uint32, (size+voices-1)/voices)
	}
	for slot := range size {
		w.giveBack(uint32(slot))
	}
	return w
}

func (w *window) slots(voice uint32) chan uint32 { return w.free[int(voice)%len(w.free)] }

// take waits for a slot of a voice, for a broadcast to so many members. ok is false when ctx ended first.
func (w *window) take(ctx context.Context, voice uint32, members int) (slot uint32, ok bool) {
	select {
	case <-ctx.Done():
		return 0, false
	case slot = <-w.slots(voice):
		w.left[slot].count.Store(int32(members))
		return slot, true
	}
}

// tryTake takes a slot if there is one.
func (w *window) tryTake(voice uint32, members int) (slot uint32, ok bool) {
	select {
	case slot = <-w.slots(voice):
		w.left[slot].count.Store(int32(members))
		return slot, true
	default:
		return 0, false
	}
}

// giveBack gives back a slot that was not used.
func (w *window) giveBack(slot uint32) { w.free[int(slot)%len(w.free)] <- slot }

// delivered counts one delivery of the slot's broadcast. Nobody may count one twice.
func (w *window) delivered(slot uint32) {
	if int(slot) < len(w.left) && w.left[slot].count.Add(-1) == 0 {
		w.giveBack(slot)
	}
}
