package eventlog

import (
	"context"
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/im"
)

const (
	// foundWait is after what time of a life what an earlier one has left in Raft's logs is old, where a bucket is not shorter.
	foundWait = 10 * time.Minute
	// nudgeTimeout bounds the wait for a word of Raft's.
	nudgeTimeout = 2 * time.Second
)

// aging says when Raft's logs are cut because of their age. Once a bucket begins a round: what had been applied when the round before
// began is to go. So nothing stays longer than two buckets, and what a round takes.
type aging struct {
	// next is when the next round begins; scrub when what was cut is to leave the write-ahead logs, 0 = it has.
	next, scrub time.Duration
}

// logAge is how old Raft's log of a shard is.
type logAge struct {
	// noted was applied when the last round began, and cut when the one before did: it is to go, 0 = it has.
	noted, cut uint64
	// notedAt and cutAt are the times of that; since is that of the last one which has gone. Zero means that it is not known.
	notedAt, cutAt, since im.Millis
}

// beginAging takes note of what the start has found.
func (k *keeper) beginAging() {
	for i := range k.of {
		k.of[i].raft.noted = k.l.ours[i].found.Load()
	}
	k.raft.next = k.l.o.elapsed() + min(k.bucket, foundWait)
}

// cutOld begins a round when it is time, and cuts what is to go and has not.
func (k *keeper) cutOld(ctx context.Context) {
	now := k.l.o.elapsed()
	if now >= k.raft.next {
		k.raft.next, k.raft.scrub = now+k.bucket, now+k.bucket/2
		k.beginRound()
	}
	var asked []*dragonboat.RequestState
	var cut []*shard
	for _, s := range k.l.shards {
		if rs := k.cutShard(s); rs != nil {
			asked, cut = append(asked, rs), append(cut, s)
		}
	}
	for _, rs := range asked {
		select {
		case <-rs.ResultC():
		case <-ctx.Done():
			return
		}
	}
	for _, s := range cut {
		s.nudge(ctx)
	}
}

func (k *keeper) beginRound() {
	for _, s := range k.l.shards {
		a := &k.of[s.id].raft
		applied, err := k.l.store.Applied(s.id)
		if err != nil || !k.l.Holds(s.id) {
			*a = logAge{}
			continue
		}
		k.mu.Lock()
		a.cut, a.cutAt = max(a.cut, a.noted), a.notedAt
		a.noted, a.notedAt = applied, k.l.Now()
		k.mu.Unlock()
	}
}

// cutShard asks for a cut of a shard that lies behind what is to go, nil when there is nothing to be cut, or not yet.
//
// NB: an entry stays at the cut, and a cut lies before the last command applied: so what is to go waits for two commands more. The
// marks bring them to a shard where nothing else happens.
func (k *keeper) cutShard(s *shard) *dragonboat.RequestState {
	a := &k.of[s.id].raft
	r, err := k.l.nh.GetLogReader(raftID(s.id))
	if err != nil || a.cut == 0 {
		return nil
	}
	if first, _ := r.GetRange(); first > a.cut+1 {
		k.mu.Lock()
		a.cut, a.since = 0, a.cutAt
		k.mu.Unlock()
		return nil
	}
	if applied, err := k.l.store.Applied(s.id); err != nil || applied < a.cut+2 {
		return nil
	}
	option := dragonboat.SnapshotOption{OverrideCompactionOverhead: true, CompactionIndex: a.cut + 1}
	rs, err := k.l.nh.RequestSnapshot(raftID(s.id), option, cutTimeout)
	if err != nil {
		return nil // one is under way: the next look tries again
	}
	return rs
}

// nudge gives Raft something to do, without which it does not come to remove what was cut off.
func (s *shard) nudge(ctx context.Context) {
	rs, err := s.l.nh.ReadIndex(raftID(s.id), nudgeTimeout)
	if err != nil {
		return
	}
	select {
	case <-rs.ResultC():
		rs.Release()
	case <-ctx.Done(): // NB: without Release, Raft still has it
	}
}

// scrub has what was cut off leave the write-ahead logs, half a bucket after each round.
func (k *keeper) scrub(ctx context.Context) {
	if k.raft.scrub == 0 || k.l.o.elapsed() < k.raft.scrub {
		return
	}
	if err := k.l.logDB.scrub(ctx); err != nil {
		if ctx.Err() == nil {
			k.l.o.Logger.Error("Raft's write-ahead logs cannot be replaced; it is tried again", "err", err)
		}
		return
	}
	k.raft.scrub = 0
}
