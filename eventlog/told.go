package eventlog

import (
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

// maxTold bounds the told cursors of a shard that wait for their second. More are dropped: what is told and not noted
// is told again.
const maxTold = 65536

// toldMap gathers told cursors, the newest of each address.
type toldMap struct {
	mu      sync.Mutex
	through map[im.Address]uint64
}

func (t *toldMap) add(a im.Address, through uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.through[a]; ok && old >= through || !ok && len(t.through) >= maxTold {
		return
	}
	t.through[a] = through
}

func (t *toldMap) takeAll() map[im.Address]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.through) == 0 {
		return nil
	}
	all := t.through
	t.through = make(map[im.Address]uint64)
	return all
}

// runTold writes the gathered cursors of all shards every ToldEvery.
func (l *Log) runTold() {
	t := time.NewTicker(l.o.ToldEvery)
	defer t.Stop()
	for {
		select {
		case <-l.closing:
			return
		case <-t.C:
			for _, s := range l.shards {
				s.flushTold()
			}
		}
	}
}

// flushTold queues what was told since the last time, past the bound: it is bounded already. Where another node leads,
// it is dropped, and told again from there.
func (s *shard) flushTold() {
	all := s.told.takeAll()
	if !s.leads() {
		return
	}
	var j job
	for a, through := range all {
		j.told = append(j.told, told{a, through})
		j.size += len(a.App) + len(a.ID) + 16
		if len(j.told) == batchItems {
			s.queueTold(j)
			j = job{}
		}
	}
	if j.told != nil {
		s.queueTold(j)
	}
}

func (s *shard) queueTold(j job) {
	if err := s.queue.put(true, j); err != nil {
		s.l.o.Logger.Debug("told cursors dropped", "shard", uint32(s.id), "err", err)
	}
}
