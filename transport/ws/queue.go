package ws

import (
	"slices"
	"sync"
)

// frameOverhead is what a queued frame costs beside its bytes, so that a flood of tiny frames is bounded, too.
const frameOverhead = 32

// queue holds the frames that wait for the writer of one connection. Bounded in bytes; overflow: push reports it and
// takes nothing.
type queue struct {
	limit int

	mu struct {
		sync.Mutex
		ready sync.Cond
		// frames wait, oldest first.
		frames [][]byte
		// bytes is the cost of frames and of what the writer has taken but not written.
		bytes int
		// taken is the part of bytes that the writer has.
		taken int
		// pong answers the newest ping; nil = none is due. Older pings need no answer (RFC 6455, section 5.5.3),
		// hence a flood of pings takes no more room than one.
		pong []byte
		// last says that no frame is taken any more; the writer ends when frames is empty.
		last bool
		// begun says that something was taken: the answer to the handshake, and what came with it.
		begun bool
	}
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit}
	q.mu.ready.L = &q.mu
	return q
}

// push adds a frame, unless there is no room. After finish, replace or drop it takes nothing and reports true.
func (q *queue) push(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	cost := len(frame) + frameOverhead
	if q.mu.bytes > 0 && q.mu.bytes+cost > q.limit {
		return q.mu.last
	}
	q.pushLocked(frame, cost)
	return true
}

func (q *queue) pushLocked(frame []byte, cost int) {
	if q.mu.last {
		return
	}
	q.mu.frames = append(q.mu.frames, frame)
	q.mu.bytes += cost
	q.mu.ready.Signal()
}

// setPong makes frame the pong that goes out next.
func (q *queue) setPong(frame []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.mu.last {
		q.mu.pong = frame
		q.mu.ready.Signal()
	}
}

// finish adds the very last frame, whether or not there is room.
func (q *queue) finish(frame []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pushLocked(frame, len(frame)+frameOverhead)
	q.mu.last = true
	q.mu.ready.Signal()
}

// replace drops what waits and makes frame the very last.
func (q *queue) replace(frame []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.frames, q.mu.pong, q.mu.last = [][]byte{frame}, nil, true
	q.mu.bytes = q.mu.taken + len(frame) + frameOverhead
	q.mu.ready.Signal()
}

// drop empties the queue for good.
func (q *queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.frames, q.mu.pong, q.mu.last = nil, nil, true
	q.mu.bytes = q.mu.taken
	q.mu.ready.Signal()
}

// take waits until something is queued and returns all of it. written must have told the queue of the previous take
// before. ok is false when nothing will come any more.
func (q *queue) take() (frames [][]byte, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.mu.frames) == 0 && q.mu.pong == nil && !q.mu.last {
		q.mu.ready.Wait()
	}
	frames, q.mu.frames = q.mu.frames, nil
	q.mu.taken = q.mu.bytes
	if q.mu.pong != nil {
		at := 0
		if !q.mu.begun {
			at = min(1, len(frames))
		}
		frames = slices.Insert(frames, at, q.mu.pong)
		q.mu.pong = nil
	}
	q.mu.begun = true
	return frames, len(frames) > 0
}

// written gives back the room of the frames that the last take returned.
func (q *queue) written() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.bytes -= q.mu.taken
	q.mu.taken = 0
}

func (q *queue) queuedBytes() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.mu.bytes
}
