package eventlog

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

// View is what the leader of a shard says of it to members that do not vote in it, and may have no replica of it.
type View struct {
	Shard im.ShardID
	// Leader is the number of who leads, and Term in which Raft term.
	Leader, Term uint64
	// Change is the Raft index of the group's latest change, as of which the rest is. The others are ids of Raft replicas. Of those
	// that were removed only the last of each member is told.
	Change                   uint64
	Voting, Joining, Removed []uint64
}

// viewAge is for how long what a leader said counts. It says so once a second, as long as it leads and is linked.
const viewAge = 5 * time.Second

// views are what other members say of shards. Safe for concurrent use.
type views struct {
	mu sync.RWMutex
	of []heard // by im.ShardID
}

// heard is who said that it leads, and when.
type heard struct {
	leader
	at time.Time
}

// leader returns who has said of late that it leads; the zero leader when nobody has.
func (v *views) leader(id im.ShardID, now time.Time) leader {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if h := v.of[id]; now.Sub(h.at) < viewAge {
		return h.leader
	}
	return leader{}
}

func (v *views) hear(id im.ShardID, l leader, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if l.term >= v.of[id].term {
		v.of[id] = heard{l, now}
	}
}

// Views returns those of the shards that this node leads. They are for all members that do not vote there.
func (l *Log) Views() []View {
	var all []View
	for _, s := range l.shards {
		g := l.groups.get(s.id)
		leader, term, ok := s.localLeader()
		if !ok || g.id == 0 || leader != l.Replica() {
			continue
		}
		all = append(all, View{
			Shard: s.id, Leader: leader, Term: term, Change: g.id,
			Voting: slices.Clone(g.voting), Joining: slices.Clone(g.joining), Removed: g.lastRemoved(l.numbers()),
		})
	}
	return all
}

// Hear takes what another member says of a shard that it leads. Whoever calls it has checked that it is that member who says
// so. What this node knows better is ignored, and so is a shard that there is not. It does not block.
func (l *Log) Hear(v View) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed || int(v.Shard) >= len(l.shards) || v.Leader == l.Replica() || v.Leader == 0 || v.Change == 0 {
		return
	}
	l.views.hear(v.Shard, leader{v.Leader, v.Term}, time.Now())
	if now, term, ok := l.shards[v.Shard].leader(); ok {
		l.leaders.put(v.Shard, leader{now, term})
	}
	g := group{id: v.Change, voting: sorted(v.Voting), joining: sorted(v.Joining), removed: sorted(v.Removed)}
	if l.groups.set(v.Shard, g) {
		signal(l.membersChanged)
	}
}

func sorted(ids []uint64) []uint64 { return slices.Sorted(slices.Values(ids)) }

// lastRemoved returns, for each of the members, the last of its replicas that was removed.
func (g *group) lastRemoved(members []uint64) []uint64 {
	var last []uint64
	for _, m := range members {
		of := slices.DeleteFunc(slices.Clone(g.removed), func(r uint64) bool { return numberOf(r) != m })
		if len(of) > 0 {
			last = append(last, slices.Max(of))
		}
	}
	return sorted(last)
}

// viewsChanged tells OnView.
func (l *Log) viewsChanged() {
	if f := l.o.OnView; f != nil {
		f()
	}
}
