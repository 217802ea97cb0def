package ws

import "slices"

// outbox holds what a socket did not take yet; nothing at all while it takes everything. Bounded in bytes; overflow: push takes
// nothing and reports it. Whoever uses it holds the connection's lock.
type outbox struct {
	// waiting is what is to be written; nil = nothing is.
	*waiting
	// queued and written count all bytes that ever came and went, without overhead.
	queued, written uint64
	// last says that no frame is taken any more.
	last bool
}

// waiting is what waits in an outbox.
type waiting struct {
	// frames wait from first on, oldest first; of that one, the system has begun bytes already.
	frames       [][]byte
	first, begun int
	// bytes is the cost of frames.
	bytes int
	// pong answers the newest ping; nil = none is due. Older pings need no answer (RFC 6455, section 5.5.3), hence a flood of
	// pings takes no more room than one.
	pong []byte
	// few is room for the first frames: it seldom takes more.
	few [4][]byte
}

func (o *outbox) isEmpty() bool { return o.waiting == nil }

// cost is what waits in bytes, each frame with its overhead.
func (o *outbox) cost() int {
	if o.waiting == nil {
		return 0
	}
	return o.bytes
}

// await makes room for something to wait.
func (o *outbox) await() *waiting {
	if o.waiting == nil {
		o.waiting = &waiting{}
		o.frames = o.few[:0]
	}
	return o.waiting
}

// push adds frames that are written together, unless there is no room. After finish, replace or drop it takes nothing and
// reports true.
func (o *outbox) push(frame []byte, limit int) bool {
	had := o.cost()
	switch {
	case o.last:
		return true
	case had > 0 && had+len(frame)+frameOverhead > limit:
		return false
	}
	o.add(frame)
	return true
}

func (o *outbox) add(frame []byte) {
	w := o.await()
	if len(w.frames) == cap(w.frames) && w.first > len(w.frames)/2 {
		w.frames, w.first = slices.Delete(w.frames, 0, w.first), 0
	}
	w.frames = append(w.frames, frame)
	w.bytes += len(frame) + frameOverhead
	o.queued += uint64(len(frame))
}

// passed counts what did not have to wait.
func (o *outbox) passed(n int) {
	o.queued += uint64(n)
	o.written += uint64(n)
}

// begin adds what waits first, of which the system took n bytes.
func (o *outbox) begin(frame []byte, n int) {
	o.add(frame)
	o.begun = n
	o.written += uint64(n)
}

// setPong makes frame the pong that goes out next.
func (o *outbox) setPong(frame []byte) {
	if !o.last {
		o.await().pong = frame
	}
}

// finish adds the very last frame, whether or not there is room.
func (o *outbox) finish(frame []byte) {
	if !o.last {
		o.add(frame)
		o.last = true
	}
}

// replace drops what waits, but for the rest of what the system has begun, and adds the very last frame.
func (o *outbox) replace(frame []byte) {
	before := o.waiting
	o.waiting, o.queued = nil, o.written
	if before != nil && before.begun > 0 {
		o.add(before.frames[before.first])
		o.begun = before.begun
		o.queued -= uint64(before.begun) // written counts them
	}
	o.add(frame)
	o.last = true
}

// drop empties the outbox for good.
func (o *outbox) drop() { o.waiting, o.last = nil, true }

// maxVector bounds how many pieces one system call writes.
const maxVector = 64

// next appends what is to be written next to pieces. Something must wait.
func (o *outbox) next(pieces [][]byte) [][]byte {
	if o.pong != nil && o.begun == 0 {
		o.insertPong()
	}
	left := o.frames[o.first:]
	for i, f := range left[:min(len(left), maxVector)] {
		if i == 0 {
			f = f[o.begun:]
		}
		pieces = append(pieces, f)
	}
	return pieces
}

// insertPong puts the pong before all that waits, but behind the answer to the handshake, which is the first that is ever sent.
func (o *outbox) insertPong() {
	at := o.first
	if o.written == 0 {
		at = min(at+1, len(o.frames))
	}
	if at > 0 && at == o.first {
		o.first--
		o.frames[o.first] = o.pong
	} else {
		o.frames = slices.Insert(o.frames, at, o.pong)
	}
	o.bytes += len(o.pong) + frameOverhead
	o.queued += uint64(len(o.pong))
	o.pong = nil
}

// wrote takes n bytes off, which the system took. Something must wait.
func (o *outbox) wrote(n int) {
	o.written += uint64(n)
	for o.first < len(o.frames) {
		f := o.frames[o.first]
		left := len(f) - o.begun
		if n < left {
			break
		}
		n -= left
		o.frames[o.first] = nil
		o.first++
		o.begun = 0
		o.bytes -= len(f) + frameOverhead
	}
	o.begun += n
	if o.first == len(o.frames) {
		o.rest()
	}
}

// rest gives up the room of frames when none waits.
func (o *outbox) rest() {
	if o.pong == nil {
		o.waiting = nil
		return
	}
	o.frames, o.first = o.few[:0], 0
}
