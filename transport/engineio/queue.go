package engineio

// frameOverhead is what a queued frame costs beside its bytes, so that a flood of tiny frames is bounded, too. It is that of
// package ws, so that what waits here fits there.
const frameOverhead = 32

// queue holds the frames that wait for polls, oldest first. Bounded in bytes; overflow: push reports it and takes nothing.
// Not safe for concurrent use.
type queue struct {
	frames [][]byte
	// bytes is the cost of frames, and of what the poll in progress has taken but not written.
	bytes int
	// taken is the part of bytes that the poll has.
	taken int
	// isLast says that the last frame of all is among frames, or was taken.
	isLast bool
}

// push adds a frame, unless there is no room. A frame is always taken when nothing is queued.
func (q *queue) push(frame []byte, limit int) bool {
	cost := len(frame) + frameOverhead
	if q.bytes > 0 && q.bytes+cost > limit {
		return false
	}
	q.frames = append(q.frames, frame)
	q.bytes += cost
	return true
}

// finish adds the last frame, whether or not there is room.
func (q *queue) finish(frame []byte) {
	q.frames = append(q.frames, frame)
	q.isLast = true
}

// drop empties the queue.
func (q *queue) drop() { q.frames = nil }

// take returns everything that is queued. written must have told of the previous take before.
func (q *queue) take() [][]byte {
	frames := q.frames
	q.frames, q.taken = nil, q.bytes
	return frames
}

// written gives back the room of what the last take returned.
func (q *queue) written() {
	q.bytes -= q.taken
	q.taken = 0
}
