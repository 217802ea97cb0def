package eventlog

import (
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Stats are figures of one moment, for metrics and health.
type Stats struct {
	Shards []ShardStats
	Store  store.Stats
}

// ShardStats are the figures of one shard. Counts are since Open.
type ShardStats struct {
	Shard im.ShardID
	// Leading says that this node leads the shard; Term is the Raft term that it knows of.
	Leading bool
	Term    uint64
	// QueuedItems and QueuedBytes wait in the committer.
	QueuedItems, QueuedBytes int
	// InFlight proposals are on their way.
	InFlight int
	// Batches proposals were answered; appends and snapshots by outcome.
	Batches, Stored, Refused, Moved, Unknown uint64
	// Replaced is how often another member sent the whole shard, because this node lacked too much of it.
	Replaced uint64
}

// Stats returns present figures; the zero Stats after Close.
func (l *Log) Stats() Stats {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return Stats{}
	}
	st := Stats{Store: l.store.Stats()}
	for _, s := range l.shards {
		st.Shards = append(st.Shards, s.stats())
	}
	return st
}

func (s *shard) stats() ShardStats {
	_, term, _ := s.leader()
	jobs, bytes := s.queue.load()
	return ShardStats{
		Shard: s.id, Leading: s.leads(), Term: term, QueuedItems: jobs, QueuedBytes: bytes, InFlight: int(s.flying.Load()),
		Batches: s.batches.Load(), Stored: s.stored.Load(), Refused: s.refused.Load(),
		Moved: s.moved.Load(), Unknown: s.unknown.Load(), Replaced: s.l.ours[s.id].replaced.Load(),
	}
}
