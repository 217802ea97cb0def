package eventlog

import (
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// upkeep are items of a command by which a leader moves out what is old: of one kind, at most batchItems.
type upkeep struct {
	items []byte
	n     int
	// alone says that they are of a kind that goes into no command with others: see store.AppendCarry and store.AppendBury.
	alone bool
	// stored is how many of them were.
	stored int
}

// take notes the answers to the items.
func (u *upkeep) take(results []byte) im.Outcome {
	for _, r := range results {
		if r == store.ItemStored {
			u.stored++
		}
	}
	if u.stored < u.n {
		return im.Refused
	}
	return im.Stored
}

// put proposes u and waits for the outcome: Stored when every item was, Refused when one was not. It passes the bounds of the queue and
// that of the disk, since it gives room; of a shard there is one at a time.
func (s *shard) put(u *upkeep) im.Outcome {
	outcome := make(chan im.Outcome, 1)
	err := s.queue.put(true, job{upkeep: u, size: len(u.items), done: func(o im.Outcome) { outcome <- o }})
	if err != nil {
		return im.Moved // closed
	}
	return <-outcome
}

// putEach puts an item for each address, encoded by add, and returns how many were stored; ok is false when nobody knows.
func (s *shard) putEach(addrs []im.Address, add func(dst []byte, a im.Address) []byte) (stored int, ok bool) {
	if len(addrs) == 0 {
		return 0, true
	}
	u := &upkeep{n: len(addrs), alone: true}
	for _, a := range addrs {
		u.items = add(u.items, a)
	}
	o := s.put(u)
	return u.stored, o == im.Stored || o == im.Refused
}
