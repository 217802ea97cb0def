package ws

import "slices"

// outbox holds what a socket did not take yet. Bounded in bytes; overflow: push takes nothing and reports it. Whoever uses it
// holds the connection's lock.
type outbox struct {
	// frames wait from first on, oldest first; of that one, the system has begun bytes already.
	frames       [][]byte
	first, begun int
	// bytes is the cost of what waits.
	bytes int
	// pong answers the newest ping; nil = none is due. Older pings need no answer (RFC 6455, section 5.5.3), hence a flood of
	// pings takes no more room than one.
	pong []byte
	// queued and written count all bytes that ever came and went, without overhead.
	queued, written uint64
	// last says that no frame is taken any more.
	last bool
}

func (o *outbox) isEmpty() bool { return len(o.frames) == o.first && o.pong == nil }

// push adds frames that are written together, unless there is no room. After finish, replace or drop it takes nothing and
// reports true.
func (o *outbox) push(frame []byte, limit int) bool {
	cost := len(frame) + frameOverhead
	switch {
	case o.last:
		return true
	case o.bytes > 0 && o.bytes+cost > limit:
		return false
	}
	o.add(frame)
	return true
}

func (o *outbox) add(frame []byte) {
	if len(o.frames) == cap(o.frames) && o.first > len(o.frames)/2 {
		o.frames, o.first = slices.Delete(o.frames, 0, o.first), 0
	}
	o.frames = append(o.frames, frame)
	o.bytes += len(frame) + frameOverhead
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
		o.pong = frame
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
	kept := o.frames[o.first:o.first]
	if o.begun > 0 {
		kept = slices.Clone(o.frames[o.first : o.first+1])
	}
	o.frames, o.first = kept, 0
	o.pong, o.bytes, o.queued = nil, 0, o.written
	for _, f := range o.frames {
		o.bytes += len(f) + frameOverhead
		o.queued += uint64(len(f) - o.begun)
	}
	o.add(frame)
	o.last = true
}

// drop empties the outbox for good.
func (o *outbox) drop() {
	o.frames, o.first, o.pong, o.begun, o.bytes, o.last = nil, 0, nil, 0, 0, true
}

// maxVector bounds how many pieces one system call writes.
const maxVector = 64

// next appends what is to be written next to pieces.
func (o *outbox) next(pieces [][]byte) [][]byte {
	if o.pong != nil && o.begun == 0 {
		o.insertPong()
	}
	waiting := o.frames[o.first:]
	for i, f := range waiting[:min(len(waiting), maxVector)] {
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

// wrote takes n bytes off, which the system took.
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
		o.frames, o.first = nil, 0
	}
}
