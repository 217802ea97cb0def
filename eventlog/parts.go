package eventlog

import (
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// parts is a snapshot on its way into the log, one part after the other: each is queued once the one before is stored. So what others
// append to the shard stands behind one part and not behind all of a large state, no entry of Raft's log is larger than a part, and
// the queue holds one of them at most for each snapshot. The store counts the state once it has the last; until then, and if that
// never comes, it loads the state before and the entries since.
//
// What the state rests on was queued before the first part. NB: other appends of the address may come between the parts. That does
// no harm: the store compares each part with the head, and refuses it once another epoch has written.
type parts struct {
	shard *shard
	// next is the part to be queued.
	next store.Part
	// rest is what of the state comes after it.
	rest []byte
	done func(im.Outcome)
}

func newParts(sh *shard, addr im.Address, epoch im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome)) *parts {
	n := min(len(state), store.MaxPart)
	first := store.Part{Addr: addr, Epoch: epoch, Seq: seq, TS: ts, Parts: store.Parts(len(state)), Data: state[:n]}
	return &parts{shard: sh, next: first, rest: state[n:], done: done}
}

// job returns what queues the next part.
func (p *parts) job() job {
	part := p.next
	return job{part: &part, size: len(part.Data) + len(part.Addr.App) + len(part.Addr.ID) + 64, done: p.answered}
}

// answered takes the log's answer to a part.
func (p *parts) answered(o im.Outcome) {
	if o != im.Stored || p.next.Part == p.next.Parts-1 {
		p.done(o)
		return
	}
	n := min(len(p.rest), store.MaxPart)
	p.next.Data, p.rest = p.rest[:n], p.rest[n:]
	p.next.Part++
	// What was begun is not refused for want of room: one that is busy all day would never get a snapshot.
	if err := p.shard.queue.put(true, p.job()); err != nil {
		p.done(im.Moved) // closed
	}
}
