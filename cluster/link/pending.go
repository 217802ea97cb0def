package link

import (
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// maxKept is the capacity up to which a buffer is used again: what a link writes at once under load.
const maxKept = 1 << 20

// pending holds the encoded frames that wait for the writer of one session. Bounded in bytes; overflow: add refuses the
// frame, others go on.
type pending struct {
	limit int
	// ready holds an item while there may be something to take.
	ready chan struct{}

	mu struct {
		sync.Mutex
		buf []byte
		// taken is what the writer has and has not written.
		taken int
		// over says that the session has ended.
		over bool
	}
}

func newPending(limit int) *pending {
	return &pending{limit: limit, ready: make(chan struct{}, 1)}
}

// add encodes f behind what waits. It is encoded under the lock, into its place: the order has to be decided somewhere,
// and this way nothing is copied.
func (p *pending) add(f *pb.Frame) error {
	size := proto.Size(f)
	if size > MaxFrameBytes {
		return im.E("link.send", im.TooLong, "")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := len(p.mu.buf) + p.mu.taken
	switch {
	case p.mu.over:
		return im.E("link.send", im.Unavailable, "the link is down")
	case waiting > 0 && waiting+frameHead+size > p.limit:
		return im.E("link.send", im.Overloaded, "")
	}
	buf, err := appendFrame(p.mu.buf, f, size)
	if err != nil {
		return &im.Error{Op: "link.send", Kind: im.Invalid, Err: err}
	}
	if len(p.mu.buf) == 0 && len(buf) > 0 {
		p.wake()
	}
	p.mu.buf = buf
	return nil
}

func (p *pending) wake() {
	select {
	case p.ready <- struct{}{}:
	default: // the writer has not seen the last one yet
	}
}

// take returns all that waits, perhaps nothing. The buffer is the writer's; spare is used for what comes next.
func (p *pending) take(spare []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	buf := p.mu.buf
	if len(buf) == 0 || p.mu.over {
		return spare[:0]
	}
	p.mu.buf, p.mu.taken = spare[:0], len(buf)
	return buf
}

// written gives back the room of what was taken.
func (p *pending) written() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.taken = 0
}

// drop forgets what waits, and takes nothing more.
func (p *pending) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.buf, p.mu.taken, p.mu.over = nil, 0, true
}

// bytes is what waits and what is being written.
func (p *pending) bytes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.mu.buf) + p.mu.taken
}

// reusable returns a buffer to be used again, nil for one that is too large to be kept.
func reusable(b []byte) []byte {
	if cap(b) > maxKept {
		return nil
	}
	return b[:0]
}
