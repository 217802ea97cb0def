package eventlog

import (
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/im"
)

const (
	// cutEvery is the time between two looks at how much the Raft logs have grown.
	cutEvery = 200 * time.Millisecond
	// cutTimeout bounds one cut: a flush of the store, on a disk that is busy.
	cutTimeout = time.Minute
)

// runCut cuts the Raft logs that have grown by SnapshotBytes.
//
// A start reads each of them from its last cut to its end, 64 MiB at a time and all side by side, to skip what the store
// has already: dragonboat does so, and cuts by the number of commands alone. Twenty thousand with 16 KiB each are 300 MB
// in every shard, to be read before the first answer.
func (l *Log) runCut() {
	t := time.NewTicker(cutEvery)
	defer t.Stop()
	for {
		select {
		case <-l.closing:
			return
		case <-t.C:
			for _, s := range l.shards {
				s.cutIfGrown()
			}
		}
	}
}

// cutIfGrown asks for a cut, which happens by itself.
func (s *shard) cutIfGrown() {
	grown := &s.l.grown[s.id]
	n := grown.Load()
	if n < s.l.o.SnapshotBytes {
		return
	}
	if _, err := s.l.nh.RequestSnapshot(raftID(s.id), dragonboat.SnapshotOption{}, cutTimeout); err != nil {
		return // one is under way: the next look tries again
	}
	grown.Add(-n)
}

// found takes note of the commands that a start has found behind the last cut. How long they are is not known; when they
// may be too long together, the first that follows them brings the next cut, lest many short lives make a long log.
func (l *Log) found(s im.ShardID, commands uint64) {
	if commands*batchBytes >= uint64(l.o.SnapshotBytes) {
		l.grown[s].Store(l.o.SnapshotBytes - 1)
	}
}
