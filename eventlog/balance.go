package eventlog

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/im"
)

const (
	// settleRTT is for how many of Raft's ticks a node is up before it takes leaders.
	settleRTT = 60
	// balanceRTT is how many ticks lie between two looks at who leads what, half of it more or less.
	balanceRTT = 20
	// minTakePause and maxTakePause bound the looks for which a shard is left alone that could not be taken.
	minTakePause = 2
	maxTakePause = 64
)

// balancer moves leaders from the node that leads most to this one, until no node leads two more than another. Not the node
// that leads too much gives them away but the one that leads too little takes them, when it has just seen for itself that
// it is alive, reaches a majority, and has applied everything: no other node could tell that of it, and a transfer to one
// that is dead or behind stops a shard for an election. It belongs to one goroutine.
type balancer struct {
	self uint64
	// members returns who may lead.
	members func() []uint64
	// votes reports whether this node may lead a shard.
	votes func(im.ShardID) bool
	// leaders returns who leads each shard that holds actors, 0 for nobody; shard s is at s-1.
	leaders func() []uint64
	// take asks for a shard.
	take func(im.ShardID) error
	// off is set when this node wants no leaders any more.
	off    *atomic.Bool
	logger *slog.Logger
	// looks counts.
	looks int
	// tries are the shards that were asked for and are not here yet. Bounded by the number of shards.
	tries map[im.ShardID]try
}

// try is what became of a shard that was asked for: it is left alone until the look next.
type try struct{ next, pause int }

func (l *Log) runBalancer() {
	if !l.pause(l.ticks(settleRTT)) {
		return
	}
	b := balancer{
		self: l.Replica(), members: l.numbers, votes: l.votes, leaders: l.leading, take: l.take, logger: l.o.Logger,
		tries: make(map[im.ShardID]try), off: &l.draining,
	}
	for l.pause(l.ticks(balanceRTT/2 + rand.IntN(balanceRTT))) {
		b.look()
	}
}

func (l *Log) ticks(n int) time.Duration {
	return time.Duration(n) * time.Duration(l.o.rttMillis) * time.Millisecond
}

// look asks for the leaders that this node should have. It goes on with the next where one cannot be had.
func (b *balancer) look() {
	members := b.members()
	if b.off.Load() || len(members) < 2 || !slices.Contains(members, b.self) {
		return
	}
	b.looks++
	leaders := b.leaders()
	share := fairShare(b.self, members, leaders, b.votes)
	for s := range b.tries {
		if leaders[s-1] == b.self || len(share) == 0 {
			delete(b.tries, s)
		}
	}
	for _, s := range share {
		t := b.tries[s]
		if b.looks < t.next {
			continue
		}
		t.pause = min(max(minTakePause, 2*t.pause), maxTakePause)
		t.next = b.looks + t.pause/2 + rand.IntN(t.pause)
		b.tries[s] = t
		if err := b.take(s); err != nil {
			b.logger.Debug("a leader was not taken", "shard", uint32(s), "err", err)
		}
	}
}

// take asks for a shard once this node has applied all of it.
func (l *Log) take(s im.ShardID) error {
	if err := l.shards[s].barrierWithin(context.Background(), l.ticks(2*electionRTT)); err != nil {
		return err
	}
	return l.Transfer(s, l.Replica())
}

// leading returns who leads each shard that holds actors, 0 for nobody; shard s is at s-1.
func (l *Log) leading() []uint64 {
	leaders := make([]uint64, 0, len(l.shards))
	for _, s := range l.shards[1:] {
		leader, _, ok := s.leader()
		if !ok {
			leader = 0
		}
		leaders = append(leaders, leader)
	}
	return leaders
}

// fairShare returns which shards replica self should take from those that lead two more than it does, given who leads each shard
// (shard s at s-1): from the one that leads most first, and only what it votes in. It takes none while a shard has no leader. What
// it takes is few enough that all others may do the same at the same time, and begins with those that are its own by number,
// so that they seldom want the same ones. Dead members lead nothing, and take nothing.
func fairShare(self uint64, members, leaders []uint64, votes func(im.ShardID) bool) []im.ShardID {
	if slices.Contains(leaders, 0) {
		return nil
	}
	counts := make(map[uint64]int)
	for _, r := range leaders {
		counts[r]++
	}
	var theirs []im.ShardID
	most := counts[self] + 2
	for i, r := range leaders {
		if s := im.ShardID(i + 1); counts[r] >= most && votes(s) {
			if counts[r] > most {
				most, theirs = counts[r], nil
			}
			theirs = append(theirs, s)
		}
	}
	place := slices.Index(members, self)
	distance := func(s im.ShardID) int { return (int(s) - 1 - place + len(members)) % len(members) }
	slices.SortStableFunc(theirs, func(a, b im.ShardID) int { return distance(a) - distance(b) })
	return theirs[:min(len(theirs), max(1, (most-counts[self])/len(members)))]
}
