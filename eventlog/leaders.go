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
	// onView is told of each event; nil = nobody asks.
	onView func()
	wake   chan struct{} // capacity 1
	// changed has a token for a shard whose leader may be another than before, by im.ShardID. Capacity 1, taken by the
	// shard's reader.
	changed []chan struct{}

	mu struct {
		sync.Mutex
		// also gets a token with each event; nil when nobody asks.
		also   chan struct{}
		latest map[im.ShardID]leader
		// last is what was put last, by im.ShardID.
		last []leader
		// order holds the shards in latest, the one that changed first at the front.
		order []im.ShardID
	}
}

// leader is who leads a shard, by number, in a term.
type leader struct{ number, term uint64 }

func newLeaders(shards uint32, onLeader func(im.ShardID, uint64, uint64), onView func()) *leaders {
	l := &leaders{onLeader: onLeader, onView: onView, wake: make(chan struct{}, 1), changed: make([]chan struct{}, shards+1)}
	for i := range l.changed {
		l.changed[i] = make(chan struct{}, 1)
	}
	l.mu.latest, l.mu.last = make(map[im.ShardID]leader), make([]leader, shards+1)
	return l
}

// LeaderUpdated implements raftio.IRaftEventListener.
func (l *leaders) LeaderUpdated(i raftio.LeaderInfo) {
	l.put(shardOfRaft(i.ShardID), leader{numberOf(i.LeaderID), i.Term})
}

// put notes who leads a shard. What was put last is no news.
func (l *leaders) put(s im.ShardID, now leader) {
	if !l.isNews(s, now) {
		return
	}
	signal(l.changed[s])
	if l.onView != nil {
		l.onView()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	signal(l.mu.also)
	if l.onLeader == nil {
		return
	}
	if _, waiting := l.mu.latest[s]; !waiting {
		l.mu.order = append(l.mu.order, s)
	}
	l.mu.latest[s] = now
	signal(l.wake)
}

func (l *leaders) isNews(s im.ShardID, now leader) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.mu.last[s]
	l.mu.last[s] = now
	return now != before
}

// alsoTell makes c, which has room for one, get a token with each event.
func (l *leaders) alsoTell(c chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.also = c
}

// signal puts a token into c, which has room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
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
			l.onLeader(s, ld.number, ld.term)
		}
	}
}
