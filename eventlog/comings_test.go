package eventlog_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// roster is the cluster's own record of its members, which the tests keep instead of the cluster.
type roster struct {
	*trio
	// seats of the members by number; a seat may be taken again, a number never.
	seats map[uint64]int
	ids   map[uint64]string
	// highest is the highest number that was ever given.
	highest uint64
	// change is done to the options of those that come.
	change func(*eventlog.Options)
	// removed counts what OnRemoved said, by seat.
	removed [seats]atomic.Int32
}

// alone starts one node with no flags but its addresses.
func alone(t *testing.T, shards uint32, change func(*eventlog.Options)) *roster {
	t.Helper()
	r := &roster{trio: &trio{t: t}, seats: map[uint64]int{1: 0}, ids: map[uint64]string{}, highest: 1, change: slower(change)}
	r.patience = 6 * patience
	r.seat(0, shards, r.hooked(0))
	r.take(0, func() (*eventlog.Log, error) { return eventlog.Open(r.options[0]) })
	t.Cleanup(r.killAll)
	r.spread()
	r.ready()
	r.ids[1] = r.logs[0].Load().Members()[0].NodeHostID
	return r
}

// three starts a cluster of three that began as such.
func three(t *testing.T, shards uint32, change func(*eventlog.Options)) *roster {
	t.Helper()
	r := &roster{seats: map[uint64]int{1: 0, 2: 1, 3: 2}, ids: map[uint64]string{}, highest: 3, change: slower(change)}
	r.trio = form(t, shards, r.change)
	r.patience = 6 * patience
	for _, m := range r.logs[0].Load().Members() {
		r.ids[m.Replica] = m.NodeHostID
	}
	return r
}

// slower makes time run slower: changes of members need leaders that stay, on a machine that is busy, too.
func slower(change func(*eventlog.Options)) func(*eventlog.Options) {
	return func(o *eventlog.Options) {
		o.Tick(slowdown * 100)
		if change != nil {
			change(o)
		}
	}
}

func (r *roster) hooked(i int) func(*eventlog.Options) {
	return func(o *eventlog.Options) {
		o.OnRemoved = func() { r.removed[i].Add(1) }
		r.change(o)
	}
}

// members returns the roster with the addresses as node i sees them.
func (r *roster) members(i int) []eventlog.Member {
	var all []eventlog.Member
	for replica, j := range r.seats {
		all = append(all, eventlog.Member{
			Name: fmt.Sprintf("node%d", j+1), Replica: replica, NodeHostID: r.ids[replica], Raft: r.ways[i][j].addr(),
		})
	}
	return all
}

// tell tells all nodes that are up of the roster.
func (r *roster) tell() {
	for i := range r.logs {
		if l := r.logs[i].Load(); l != nil {
			l.SetMembers(r.members(i), r.highest)
		}
	}
}

// start starts node i again. It is told who the members are, as every node finds out.
func (r *roster) start(i int) {
	r.t.Helper()
	r.trio.start(i)
	r.logs[i].Load().SetMembers(r.members(i), r.highest)
}

// invite takes a node into the roster whose directory is new, at a seat, and gives it a number. It does not start it.
func (r *roster) invite(seat int) (replica uint64) {
	r.t.Helper()
	r.seat(seat, r.options[0].Shards, r.hooked(seat))
	d, err := eventlog.Prepare(r.options[seat])
	if err != nil {
		r.t.Fatal(err)
	}
	r.highest++
	r.seats[r.highest], r.ids[r.highest] = seat, d.NodeHostID()
	for replica, s := range r.seats {
		if s == seat && replica != r.highest {
			delete(r.seats, replica)
		}
	}
	if err := d.Join(r.cluster(), d.Buckets(), r.members(seat)); err != nil {
		r.t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		r.t.Fatal(err)
	}
	return r.highest
}

func (r *roster) cluster() string { return r.live()[0].Cluster() }

// add invites a node, starts it, and tells the others.
func (r *roster) add(seat int) (replica uint64) {
	r.t.Helper()
	replica = r.invite(seat)
	r.start(seat)
	r.tell()
	return replica
}

// drop takes a node out of the roster, and tells the others.
func (r *roster) drop(replica uint64) {
	delete(r.seats, replica)
	r.tell()
}

// numbers returns the numbers of the roster.
func (r *roster) numbers() []uint64 {
	var all []uint64
	for replica := range r.seats {
		all = append(all, replica)
	}
	slices.Sort(all)
	return all
}

// settled waits until, on all members that are up, each shard is with those, and only those, that Assignment gives it to.
func (r *roster) settled() {
	r.t.Helper()
	want := r.numbers()
	defer func() {
		if r.t.Failed() {
			r.describe()
		}
	}()
	assigned := eventlog.Assignment(want, r.options[0].Shards)
	r.eventually(fmt.Sprintf("not all of %v vote where they should, or others do", want), func() bool {
		for replica, i := range r.seats {
			l := r.logs[i].Load()
			if l == nil {
				continue
			}
			for s := range im.ShardID(r.options[0].Shards + 1) {
				voting, joining, ok := l.Membership(s)
				of := assigned[s]
				voters := eventlog.VotersOf(of)
				if l.Replica() != replica || !ok || !slices.Equal(voting, voters) || len(joining) != len(of)-len(voters) ||
					l.Holds(s) != slices.Contains(of, replica) {
					return false
				}
			}
		}
		return true
	})
}

// describe logs what each node knows of the groups.
func (r *roster) describe() {
	for _, l := range r.live() {
		for s := range im.ShardID(r.options[0].Shards + 1) {
			voting, joining, ok := l.Membership(s)
			leader, term, led := l.Leader(s)
			r.t.Logf("replica %d, shard %d: %v vote, %v join (%v), %d leads in term %d (%v)", l.Replica(), s, voting, joining, ok, leader, term, led)
		}
	}
}

// gone waits until the replica at a seat was told that it was removed, and ends it.
func (r *roster) gone(seat int) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("node %d is not told that it was removed", seat+1), func() bool { return r.removed[seat].Load() > 0 })
	r.kill(seat)
	if n := r.removed[seat].Load(); n != 1 {
		r.t.Errorf("node %d was told %d times that it was removed", seat+1, n)
	}
}
