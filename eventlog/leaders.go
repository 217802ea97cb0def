package eventlog

import (
	"sync"

	"github.com/lni/dragonboat/v4/raftio"

	"github.com/parley-im/parley/im"
)

// leaders hands leader events from dragonboat, which has one goroutine for all groups and must never wait, to the one
// goroutine that calls OnLeader. What waits is bounded by the number of shards: only the latest of each is kept.
type leaders struct {
	onLeader func(shard im.ShardID, leader, term uint64)
	wake     chan struct{} // capacity 1

	mu struct {
		sync.Mutex
		latest map[im.ShardID]leader
		// order holds the shards in latest, the one that changed first at the front.
		order []im.ShardID
	}
}

type leader struct{ replica, term uint64 }

func newLeaders(onLeader func(im.ShardID, uint64, uint64)) *leaders {
	l := &leaders{onLeader: onLeader, wake: make(chan struct{}, 1)}
	l.mu.latest = make(map[im.ShardID]leader)
	return l
}

// LeaderUpdated implements raftio.IRaftEventListener.
func (l *leaders) LeaderUpdated(i raftio.LeaderInfo) {
	if l.onLeader == nil {
		return
	}
	s := shardOfRaft(i.ShardID)
	l.mu.Lock()
	if _, waiting := l.mu.latest[s]; !waiting {
		l.mu.order = append(l.mu.order, s)
	}
	l.mu.latest[s] = leader{i.LeaderID, i.Term}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *leaders) next() (im.ShardID, leader, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.mu.order) == 0 {
		return 0, leader{}, false
	}
	s := l.mu.order[0]
	l.mu.order = l.mu.order[1:]
	ld := l.mu.latest[s]
	delete(l.mu.latest, s)
	return s, ld, true
}

// run calls OnLeader until stop is closed.
func (l *leaders) run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-l.wake:
		}
		for s, ld, ok := l.next(); ok; s, ld, ok = l.next() {
			l.onLeader(s, ld.replica, ld.term)
		}
	}
}
