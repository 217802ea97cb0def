package eventlog

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/im"
)

const (
	// reconcileRTT is how many of Raft's ticks lie between two looks at the groups when they are as they should be, half of it
	// more or less, and hurryRTT when they are not.
	reconcileRTT = 20
	hurryRTT     = electionRTT
	// restRTT lies between any two looks.
	restRTT = 1
	// partRTT is after how many ticks a node that has left, and is answered by no shard, takes itself for removed: the last
	// word of that may have missed it.
	partRTT = 200
	// changeRTT bounds one change of a group, and one look at who takes part in it, which comes behind a barrier: who has that
	// has caught up but for a second. Less, and on a machine that is too busy nobody ever would.
	changeRTT = 20
)

// groups are the Raft groups as this node knows them. Safe for concurrent use.
type groups struct {
	mu sync.RWMutex
	of []group // by im.ShardID
}

func (g *groups) get(id im.ShardID) group {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.of[id]
}

// set notes what a group is, unless something later is known, and reports whether that is news.
func (g *groups) set(id im.ShardID, now group) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.id <= g.of[id].id {
		return false
	}
	g.of[id] = now
	return true
}

// Membership returns who takes part in a shard as far as this node knows, by number: who votes, and who is being brought up
// to date before it does. ok is false as long as this node knows nothing of the shard.
func (l *Log) Membership(id im.ShardID) (voting, joining []uint64, ok bool) {
	if int(id) >= len(l.ours) {
		return nil, nil, false
	}
	g := l.groups.get(id)
	return numbers(g.voting), numbers(g.joining), g.id > 0
}

// reconciler brings the Raft groups to the members. Each node changes only the groups that it leads, but in those that it
// does not vote in it asks for its own vote: only it can tell that it has caught up. It belongs to one goroutine.
type reconciler struct {
	l *Log
	// heard is when a shard last answered.
	heard time.Time
	// removed says that OnRemoved was told.
	removed bool
	// looks counts.
	looks int
}

func (l *Log) runReconciler() {
	r := reconciler{l: l, heard: time.Now()}
	ctx, cancel := context.WithCancel(context.Background())
	l.movers.Go(func() {
		<-l.closing
		cancel()
	})
	for l.pause(l.ticks(restRTT)) {
		every := reconcileRTT/2 + rand.IntN(reconcileRTT)
		if !r.look(ctx) {
			every = hurryRTT
		}
		t := time.NewTimer(l.ticks(every))
		select {
		case <-t.C:
		case <-l.membersChanged:
		case <-l.closing:
		}
		t.Stop()
	}
}

// look takes one step in each group, all side by side, and reports whether all of them are as they should be.
func (r *reconciler) look(ctx context.Context) bool {
	l := r.l
	r.looks++
	l.keepMembers()
	running := l.running()
	if running == nil {
		return true
	}
	found := make([]finding, len(l.shards))
	var all sync.WaitGroup
	goals := l.goals()
	for i, s := range l.shards {
		if changed, ok := running[s.id]; ok && l.Holds(s.id) {
			all.Go(func() { found[i] = s.reconcile(ctx, changed, goals[i], r.looks) })
		} else {
			all.Go(func() { found[i] = s.comeAndGo(ctx) })
		}
	}
	all.Wait()
	r.part(len(running), found)
	settled := !slices.ContainsFunc(found, func(f finding) bool { return f.unsettled })
	if settled {
		l.forget()
	}
	return settled
}

// running returns the shards that this node takes part in, each with the Raft index of its group's latest change, 0 where
// none is known; nil when Raft was closed. A replica that was removed, and knows it, has ended.
func (l *Log) running() map[im.ShardID]uint64 {
	info := l.nh.GetNodeHostInfo(dragonboat.NodeHostInfoOption{SkipLogInfo: true})
	if info == nil {
		return nil
	}
	all := make(map[im.ShardID]uint64, len(info.ShardInfoList))
	for _, s := range info.ShardInfoList {
		all[shardOfRaft(s.ShardID)] = s.ConfigChangeIndex
	}
	return all
}

// part tells OnRemoved when this node takes part in nothing any more.
func (r *reconciler) part(running int, found []finding) {
	l := r.l
	if !l.left() || slices.ContainsFunc(found, func(f finding) bool { return f.answered }) {
		r.heard = time.Now()
	}
	if r.removed || running > 0 && time.Since(r.heard) < l.ticks(partRTT) || !l.pause(0) {
		return
	}
	r.removed = true
	l.o.Logger.Warn("this node was removed from the cluster", "node", l.o.Node)
	if f := l.o.OnRemoved; f != nil {
		f()
	}
}

// left reports whether this node is no member any more.
func (l *Log) left() bool { return l.nodes.left(l.dir.m.NodeHostID) }

// forget drops from the node table who has left all groups.
func (l *Log) forget() {
	l.groups.mu.RLock()
	defer l.groups.mu.RUnlock()
	if slices.ContainsFunc(l.groups.of, func(g group) bool { return g.id == 0 }) {
		return
	}
	l.nodes.forget(func(r uint64) bool {
		return r == l.Replica() || slices.ContainsFunc(l.groups.of, func(g group) bool { return g.of(r) != 0 })
	})
}

// finding is what a look found in one shard.
type finding struct {
	// unsettled says that something is to be done there soon.
	unsettled bool
	// answered says that this node got to the group's latest change just now.
	answered bool
}

// goals are what the members make of each shard.
func (l *Log) goals() []goal {
	members, highest := l.nodes.members(), l.nodes.known()
	goals := make([]goal, len(l.shards))
	for id, of := range Assignment(numbersOf(members), l.o.Shards) {
		t := goal{voters: VotersOf(of), highest: highest}
		for _, m := range members {
			if slices.Contains(of, m.Replica) {
				t.holders = append(t.holders, m)
			}
		}
		goals[id] = t
	}
	return goals
}

// reconcile takes one step in a group whose latest change that this node has applied is changed.
func (s *shard) reconcile(ctx context.Context, changed uint64, to goal, looks int) (f finding) {
	l := s.l
	left, self := l.left(), l.ours[s.id].raft.Load()
	g := l.groups.get(s.id)
	if g.id == 0 || g.id < changed || left {
		if _, _, ok := s.localLeader(); !ok {
			return finding{unsettled: g.id == 0 || left}
		}
		now, err := s.group(ctx)
		if err != nil {
			return finding{unsettled: true}
		}
		g, f.answered = now, true
	}
	switch {
	case !left && g.ended(self):
		return s.comeAndGo(ctx) // it has not heard of that, since nobody sends it anything any more
	case s.leads():
		f.unsettled = s.lead(g, to, looks)
	case left:
		f.unsettled = true
	case slices.Contains(to.voters, l.Replica()) && !slices.Contains(g.voting, self):
		f.unsettled = true
		s.askForVote(ctx, self)
	}
	return f
}

// lead brings the group one step nearer to the members, and reports whether there was something to do.
func (s *shard) lead(g group, to goal, looks int) (busy bool) {
	l := s.l
	c := nextChange(l.ours[s.id].raft.Load(), g, to)
	var err error
	switch c.kind {
	case noChange:
		return l.draining.Load() && s.handOver(looks)
	case addJoining:
		err = s.change(func(timeout time.Duration) (*dragonboat.RequestState, error) {
			return l.nh.RequestAddNonVoting(raftID(s.id), c.replica, c.target, g.id, timeout)
		})
	case remove:
		err = s.change(func(timeout time.Duration) (*dragonboat.RequestState, error) {
			return l.nh.RequestDeleteReplica(raftID(s.id), c.replica, g.id, timeout)
		})
	case handOver:
		s.handOver(looks)
	}
	if err != nil {
		l.o.Logger.Debug("a change of members was not made", "shard", uint32(s.id), "replica", c.replica, "err", err)
	}
	return true
}

// askForVote makes this replica a voter once it has caught up: twice in a row it has to have, within a second, everything that
// was committed when it asked. One that is behind would hold up its group, as it would count for majorities.
func (s *shard) askForVote(ctx context.Context, self uint64) {
	l := s.l
	for range 2 {
		if s.barrierWithin(ctx, l.ticks(changeRTT)) != nil {
			return
		}
	}
	g := l.groups.get(s.id)
	if !slices.Contains(g.joining, self) {
		return
	}
	err := s.change(func(timeout time.Duration) (*dragonboat.RequestState, error) {
		return l.nh.RequestAddReplica(raftID(s.id), self, l.dir.m.NodeHostID, g.id, timeout)
	})
	if err != nil {
		l.o.Logger.Debug("no vote yet", "shard", uint32(s.id), "err", err)
	}
}

// barrierWithin waits for a barrier of the shard.
func (s *shard) barrierWithin(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	_, err := await(ctx, s.l, s.id, func() (struct{}, error) { return struct{}{}, nil })
	return err
}

// group reads who takes part in the shard, behind a barrier.
//
// NB: not for a replica that joins, which hears it from the leader (Hear): when a snapshot arrives dragonboat changes what this reads
// without a lock.
func (s *shard) group(ctx context.Context) (group, error) {
	l := s.l
	ctx, cancel := context.WithTimeout(ctx, l.ticks(changeRTT))
	defer cancel()
	m, err := l.nh.SyncGetShardMembership(ctx, raftID(s.id))
	if err != nil {
		return group{}, err
	}
	g := group{
		id: m.ConfigChangeID, voting: slices.Sorted(maps.Keys(m.Nodes)),
		joining: slices.Sorted(maps.Keys(m.NonVotings)), removed: slices.Sorted(maps.Keys(m.Removed)),
	}
	if l.groups.set(s.id, g) {
		l.viewsChanged()
	}
	return g, nil
}

// errNotChanged is returned for a change of a group that came to nothing, or has no answer.
var errNotChanged = errors.New("eventlog: the group was not changed")

// change asks for a change of the group, and waits for it. A group makes one change at a time; the next look sees what
// became of this one.
func (s *shard) change(ask func(timeout time.Duration) (*dragonboat.RequestState, error)) error {
	timeout := s.l.ticks(changeRTT)
	rs, err := ask(timeout)
	if err != nil {
		return err
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case r := <-rs.ResultC():
		if r.Completed() {
			return nil
		}
	case <-t.C:
	case <-s.l.closing:
	}
	return errNotChanged
}
