package eventlog

import (
	"context"
	"errors"
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/im"
)

// Holds reports whether this node has a replica of the shard. What is in it may be behind; reads wait until it is not.
func (l *Log) Holds(id im.ShardID) bool { return int(id) < len(l.ours) && l.ours[id].raft.Load() != 0 }

// errAbsent is what a read of a shard is told that has no replica here.
var errAbsent = im.E("eventlog", im.Unavailable, "this node has no replica of the shard")

// startHeld starts the replicas that the directory has.
func (l *Log) startHeld() error {
	for _, s := range l.shards {
		if l.o.onStartShard != nil {
			l.o.onStartShard()
		}
		switch h := l.holdings.get(s.id); {
		case h.Raft != 0:
			if err := l.startShard(s.id, h.Raft); err != nil {
				return err
			}
		case h.Dropping:
			if err := s.drop(context.Background()); err != nil {
				return refuse(im.Internal, "what is left of shard %d in %s cannot be removed: %v", s.id, l.dir.path, err)
			}
		}
	}
	return nil
}

// comeAndGo takes one step in a shard of which no replica runs here, or none that the group has: it ends that, and begins one where
// the group has it. Raft stops a replica by itself when that hears that it was removed. What is noted counts, not what runs: a step
// that could not be noted, or was cut off, is taken again.
func (s *shard) comeAndGo(ctx context.Context) (f finding) {
	l := s.l
	g, h := l.groups.get(s.id), l.holdings.get(s.id)
	raft := g.of(l.Replica())
	var err error
	switch {
	case l.left():
		return f
	case h.Raft != 0 && g.ended(h.Raft):
		err = s.end(ctx, h.Raft)
	case l.Holds(s.id):
		return f // it has stopped; nothing is dropped before the leader has said that it was removed
	case h.Dropping:
		err = s.drop(ctx)
	case raft != 0 && (raft == h.Raft || h.Raft == 0 && lifeOf(raft) >= h.Ended):
		err = s.begin(raft, h.Ended)
	default:
		return f
	}
	if err != nil && l.pause(0) {
		l.o.Logger.Warn("a replica was not begun or ended; it is tried again", "shard", uint32(s.id), "err", err)
	}
	return finding{unsettled: true}
}

// begin starts a replica of a shard that has none here, because the group says that it is one.
func (s *shard) begin(raft, ended uint64) error {
	if err := s.l.noteBegin(s.id, holding{Raft: raft, Ended: ended}); err != nil {
		return err
	}
	return s.l.startShard(s.id, raft)
}

// noteBegin notes that there is to be a replica. NB: not while old buckets are deleted, which does not ask a shard that comes meanwhile
// whether it still has them.
func (l *Log) noteBegin(id im.ShardID, h holding) error {
	l.keeper.reclaiming.Lock()
	defer l.keeper.reclaiming.Unlock()
	return l.holdings.set(id, h)
}

// end stops a replica that the group has removed, if it runs, and drops what is left of it. Reads fail from here on.
func (s *shard) end(ctx context.Context, raft uint64) error {
	l, ours := s.l, &s.l.ours[s.id]
	ours.raft.Store(0)
	if err := l.nh.StopReplica(raftID(s.id), raft); err != nil && !errors.Is(err, dragonboat.ErrShardNotFound) {
		return err
	}
	if heard := l.views.leader(s.id, time.Now()); heard.term > 0 {
		l.leaders.put(s.id, heard)
	}
	ours.grown.reset()
	if err := l.holdings.set(s.id, holding{Ended: lifeOf(raft) + 1, Dropping: true}); err != nil {
		return err
	}
	return s.drop(ctx)
}

// drop removes what the last life in a shard's group has left. It may be cut off anywhere, and begin again.
func (s *shard) drop(ctx context.Context) error {
	l, ours := s.l, &s.l.ours[s.id]
	ended := l.holdings.get(s.id).Ended
	ctx, cancel := context.WithTimeout(ctx, dropTimeout)
	defer cancel()
	if raft := raftReplica(l.Replica(), ended-1); l.nh.HasNodeInfo(raftID(s.id), raft) {
		if err := l.nh.SyncRemoveData(ctx, raftID(s.id), raft); err != nil {
			return err
		}
	}
	ours.replacing.Lock() // whoever reads it yet
	defer ours.replacing.Unlock()
	if err := l.store.Drop(s.id); err != nil {
		return err
	}
	return l.holdings.set(s.id, holding{Ended: ended})
}

// dropTimeout bounds the wait for the end of what a replica that was stopped is still at, a flush of the store perhaps: all groups
// wait as long for their next step. The next look goes on with it.
const dropTimeout = 5 * time.Second
