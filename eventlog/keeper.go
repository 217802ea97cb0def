package eventlog

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const (
	// shortestTick and longestTick bound the time between two looks at what is old: a twentieth of a bucket in between.
	shortestTick = 250 * time.Millisecond
	longestTick  = time.Minute
)

// keeper keeps the promise of the window on this node: nothing younger goes, nothing older stays. It moves the marks of the shards that
// this node leads, deletes what lies behind them from the store, and keeps Raft's log young. One goroutine runs it.
type keeper struct {
	l *Log
	// of is by im.ShardID.
	of []keeping
	// bucket is the shortest length of a bucket.
	bucket time.Duration
	raft   aging
	alarm  alarm
	// clockKept is when the clock was noted last, 0 = never.
	clockKept time.Duration

	// reclaiming is held while buckets are deleted: see noteBegin.
	reclaiming sync.Mutex

	carried, buried, buckets, bytes atomic.Uint64

	// mu guards what reports show.
	mu sync.Mutex
	// failed is why the last attempt to delete did not succeed, nil when it did.
	failed error
	// refused says which marks the log did not let move, by shard and class.
	refused map[marked]bool
}

// keeping is what the keeper knows of a shard.
type keeping struct {
	// cursors are where the next look for addresses that need a snapshot begins, by store.Class.
	cursors [3][]byte
	raft    logAge
}

// marked is whose marks they are.
type marked struct {
	shard im.ShardID
	class store.Class
}

func newKeeper(l *Log) *keeper {
	b := l.dir.m.buckets()
	k := &keeper{
		l: l, of: make([]keeping, len(l.shards)), bucket: time.Duration(min(b.Usual, b.Strangers)) * time.Millisecond,
		refused: make(map[marked]bool),
	}
	k.beginAging()
	return k
}

// runKeeper looks at what is old until the log is closed.
func (l *Log) runKeeper() {
	if l.o.byHand {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.movers.Go(func() {
		<-l.closing
		cancel()
	})
	every := min(max(l.keeper.bucket/20, shortestTick), longestTick)
	for l.pause(every) {
		l.keeper.tick(ctx)
	}
	l.keeper.keepClock(true)
}

// tick does what is due.
func (k *keeper) tick(ctx context.Context) {
	l := k.l
	members := l.numbers()
	v := l.clocks.judge(members, l.Replica())
	k.alarm.hear(l, v)
	if v.holdup == HoldupNone {
		for _, s := range l.shards[1:] {
			k.expireShard(ctx, s, v.now, members)
		}
	}
	k.cutOld(ctx)
	k.reclaim()
	k.scrub(ctx)
	k.keepClock(false)
}

// expireShard moves the marks of a shard, if this node leads it.
func (k *keeper) expireShard(ctx context.Context, s *shard, now im.Millis, members []uint64) {
	for _, c := range expiring {
		if ctx.Err() != nil || !s.leads() {
			return
		}
		taken, err := k.expire(ctx, s, k.agesOf(c, now, members))
		if err != nil {
			k.l.o.Logger.Error("what is old cannot be looked at", "shard", uint32(s.id), "class", c.String(), "err", err)
		}
		k.note(marked{s.id, c}, !taken)
	}
}

// agesOf returns what a class is measured by at a time, with the longest window that these members are known to have.
func (k *keeper) agesOf(c store.Class, now im.Millis, members []uint64) ages {
	window := k.l.clocks.longest(c, k.l.o.window(c), members)
	return ages{class: c, now: now, window: im.Millis(window.Milliseconds()), bucket: k.l.dir.m.buckets().of(c)}
}

func (k *keeper) note(m marked, refused bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if refused {
		k.refused[m] = true
	} else {
		delete(k.refused, m)
	}
}

// reclaim deletes the buckets that all shards have passed of which there is a replica here.
func (k *keeper) reclaim() {
	k.reclaiming.Lock()
	defer k.reclaiming.Unlock()
	var held []im.ShardID
	for _, s := range k.l.shards[1:] {
		if k.l.holdings.get(s.id).Raft != 0 {
			held = append(held, s.id)
		}
	}
	r, err := k.l.store.Reclaim(held)
	k.buckets.Add(uint64(r.Buckets))
	k.bytes.Add(r.Bytes)
	if err != nil {
		k.l.o.Logger.Error("what is old cannot be deleted; it is tried again", "err", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = err
}

// keepClock notes the clock, if that is due or at the end.
func (k *keeper) keepClock(last bool) {
	now := k.l.o.elapsed()
	if !last && k.clockKept != 0 && now-k.clockKept < min(clockEvery, k.bucket/10) {
		return
	}
	k.clockKept = now
	if err := k.l.keepClock(); err != nil {
		k.l.o.Logger.Error("the clock cannot be noted", "file", clockName, "err", plain(err))
	}
}

// of returns the length of a bucket of a class that expires.
func (b Buckets) of(c store.Class) im.Millis {
	if c == store.ClassStrangers {
		return b.Strangers
	}
	return b.Usual
}
