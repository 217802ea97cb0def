package store

import (
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// moment is the store as of one moment, for one read.
type moment struct {
	*pebble.Snapshot
	// watermark is that of the shard and class that the read is about: what lies before it is not there, whether it is or not.
	watermark im.Millis

	reads *reads
	turn  uint64
}

// read begins a read of what there is of an address. The caller ends it.
func (s *Store) read(a im.Address) (*moment, error) {
	m := &moment{reads: &s.reads, turn: s.reads.begin(), Snapshot: s.db.NewSnapshot()}
	marks, err := marksIn(m.Snapshot, s.ShardOf(a))
	if err != nil {
		return nil, errors.Join(err, m.end())
	}
	m.watermark = marks[ClassOf(a)].Watermark
	return m, nil
}

func (m *moment) end() error {
	defer m.reads.end(m.turn)
	return m.Snapshot.Close()
}

// reads counts the reads that go on. A snapshot does not keep what Pebble excises: so nothing is excised before the reads have ended
// that began before its watermark was there.
type reads struct {
	mu    sync.Mutex
	ended sync.Cond // on mu
	// turn is raised by each wait.
	turn uint64
	// open counts those that began in each turn. Invariant: no zeros.
	open map[uint64]int
}

func (r *reads) init() {
	r.ended.L = &r.mu
	r.open = make(map[uint64]int)
}

func (r *reads) begin() (turn uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[r.turn]++
	return r.turn
}

func (r *reads) end(turn uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[turn]--; r.open[turn] == 0 {
		delete(r.open, turn)
		r.ended.Broadcast()
	}
}

// wait returns when all reads that began before it have ended. Others may begin meanwhile.
func (r *reads) wait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn++
	for before := r.turn; r.anyBefore(before); {
		r.ended.Wait()
	}
}

func (r *reads) anyBefore(turn uint64) bool {
	for t := range r.open {
		if t < turn {
			return true
		}
	}
	return false
}
