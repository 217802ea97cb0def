package eventlog

import (
	"sync/atomic"
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

// runCut cuts the Raft logs that have grown by SnapshotEntries or SnapshotBytes, unless a member needs them.
//
// A start reads each of them from its last cut to its end, 64 MiB at a time and all side by side, to skip what the store
// has already. dragonboat would cut by the number of commands alone: twenty thousand with 16 KiB each are 300 MB in every
// shard, to be read before the first answer; and also while the shard is sent to a member, who is then sent it again.
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
	grown, sending := &s.l.ours[s.id].grown, &s.l.ours[s.id].sending
	bytes, commands := grown.bytes.Load(), grown.commands.Load()
	if bytes < s.l.o.SnapshotBytes && uint64(commands) < s.l.o.SnapshotEntries || sending.keeps(bytes, s.l.o.SnapshotBytes, time.Now()) {
		return
	}
	option := dragonboat.SnapshotOption{OverrideCompactionOverhead: true, CompactionOverhead: s.l.o.keep(bytes, commands)}
	if _, err := s.l.nh.RequestSnapshot(raftID(s.id), option, cutTimeout); err != nil {
		return // one is under way: the next look tries again
	}
	grown.bytes.Add(-bytes)
	grown.commands.Add(-commands)
	sending.cut()
}

// growth counts what was added to a Raft log since its last cut.
type growth struct{ bytes, commands atomic.Int64 }

func (g *growth) add(bytes int) {
	g.bytes.Add(int64(bytes))
	g.commands.Add(1)
}

func (g *growth) reset() {
	g.bytes.Store(0)
	g.commands.Store(0)
}

// keep is how many commands stay in a log that is cut, for followers that are a little behind: a tenth of SnapshotEntries,
// and by their usual length no more than SnapshotBytes.
func (o *Options) keep(bytes, commands int64) uint64 {
	fit := o.SnapshotBytes * max(1, commands) / max(1, bytes)
	return min(o.SnapshotEntries/10, uint64(max(1, fit)))
}

// found takes note of the commands that a start has found behind the last cut. How long they are is not known; when they
// may be too long together, the first that follows them brings the next cut, lest many short lives make a long log. The last of them
// is as old as any life may be: it is cut by its age.
func (l *Log) found(s im.ShardID, commands, last uint64) {
	if commands*batchBytes >= uint64(l.o.SnapshotBytes) {
		l.ours[s].grown.bytes.Store(l.o.SnapshotBytes - 1)
	}
	l.ours[s].grown.commands.Store(int64(commands))
	l.ours[s].found.Store(last)
}
