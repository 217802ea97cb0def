package eventlog

import (
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Retention returns what this node keeps of the past, and why; the zero report after Close. It looks at the store for each bucket and
// each shard, at the files, and at each entry that is carried: it is for operators. What cannot be read is left out, and logged.
func (l *Log) Retention() RetentionReport { return l.retention(true) }

// RetentionFigures is Retention without the counts of what is carried and what is deleted, for metrics.
func (l *Log) RetentionFigures() RetentionReport { return l.retention(false) }

func (l *Log) retention(counted bool) RetentionReport {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return RetentionReport{}
	}
	r := RetentionReport{Reclaimed: l.keeper.reclaimed(), Disk: l.keeper.diskReport()}
	v := l.clocks.judge(l.numbers(), l.Replica())
	var believed bool
	r.Now, believed = l.clock.look()
	r.Clock = ClockReport{Wall: v.wall, Believed: believed}
	l.keeper.alarm.report(&r.Clock, v)
	for _, c := range expiring {
		class, err := l.classReport(c)
		l.unreadable(err)
		r.Classes = append(r.Classes, class)
	}
	for _, s := range l.shards[1:] {
		if !l.Holds(s.id) {
			continue
		}
		shard, err := l.keeper.shardReport(s, v, counted)
		if err != nil {
			l.unreadable(err)
			continue
		}
		r.addShard(shard)
	}
	return r
}

// addShard adds a shard; the watermark of a class is the lowest of all.
func (r *RetentionReport) addShard(shard ShardRetention) {
	for i := range r.Classes {
		c := &r.Classes[i]
		if w := shard.Marks[i].Watermark; len(r.Shards) == 0 || w < c.Watermark {
			c.Watermark = w
		}
	}
	r.Shards = append(r.Shards, shard)
}

func (l *Log) unreadable(err error) {
	if err != nil {
		l.o.Logger.Error("what is kept cannot be looked at", "err", err)
	}
}

func (l *Log) classReport(c store.Class) (r ClassRetention, err error) {
	r = ClassRetention{
		Class: c, Window: l.o.window(c), Kept: l.clocks.longest(c, l.o.window(c), l.numbers()), Length: l.dir.m.buckets().of(c),
	}
	if r.Buckets, err = l.store.Weigh(c); err != nil {
		return r, err
	}
	r.IDs, err = l.store.WeighIDs(c)
	return r, err
}

func (k *keeper) shardReport(s *shard, v verdict, counted bool) (r ShardRetention, err error) {
	r = ShardRetention{Shard: s.id, Leading: s.leads()}
	r.Leader, _, _ = s.leader()
	if counted {
		if r.Carried, r.Graves, err = k.l.store.Left(s.id); err != nil {
			return r, err
		}
	}
	for _, c := range expiring {
		marks, err := k.l.store.Marks(s.id, c)
		if err != nil {
			return r, err
		}
		r.Marks = append(r.Marks, marks)
		r.Waits = append(r.Waits, k.holdup(s.id, c, &r, marks, v))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	r.RaftOldest = k.of[s.id].raft.since
	return r, nil
}

// holdup returns why the watermark of a class of a shard has not moved although it is due by the clock by which messages are hidden.
func (k *keeper) holdup(id im.ShardID, c store.Class, r *ShardRetention, marks store.Marks, v verdict) Holdup {
	now := k.l.Now()
	if due := k.agesOf(c, now, k.l.numbers()).gone(); due <= marks.Watermark {
		return HoldupNone
	}
	switch {
	case r.Leader == 0:
		return HoldupNoLeader
	case !r.Leading:
		return HoldupElsewhere
	case v.holdup != HoldupNone:
		return v.holdup
	case v.now < now-maxStep:
		return HoldupClock
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refused[marked{id, c}] {
		return HoldupRefused
	}
	return HoldupNone
}

func (k *keeper) reclaimed() ReclaimedReport {
	return ReclaimedReport{
		Buckets: k.buckets.Load(), Bytes: k.bytes.Load(), Carried: k.carried.Load(), Buried: k.buried.Load(),
	}
}

func (k *keeper) diskReport() DiskReport {
	r := DiskReport{Views: k.l.store.Views()}
	r.Store, r.Raft = usage(k.l.dir.store()), usage(k.l.dir.raft())
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed != nil {
		r.Failed = k.failed.Error()
	}
	return r
}
