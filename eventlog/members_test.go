package eventlog_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// A node that was started alone, with data in it, grows to three while appends go on: nothing that was acknowledged is lost,
// all vote in all shards, and have the same. Any of the three may then die. All know the members at the next start, and a
// node that joined is one that joined for good.
//
// Checked by breaking it: when a node that joins is started as one that votes, dragonboat panics; without the reconciler the
// wait for votes does not end.
func TestMembers_OneGrowsToThree(t *testing.T) {
	t.Parallel()
	r := alone(t, 2, func(o *eventlog.Options) { o.SnapshotEntries = 500 })
	convs, end := r.writers(3, rand.New(rand.NewPCG(1, 2)))
	r.progress(convs, 200)
	r.add(1)
	r.add(2)
	r.settled()
	r.progress(convs, 20)
	r.kill(0)
	r.progress(convs, 20)
	r.start(0)
	r.kill(2)
	r.progress(convs, 20)
	r.start(2)
	end()
	r.check(convs)
	r.sameEverywhere()
	for i := range 3 {
		r.kill(i)
	}
	for i := range 3 {
		r.start(i)
		if m := r.logs[i].Load().Members(); len(m) != 3 || m[2].Name != "node3" || m[2].Replica != 3 || m[2].Raft == "" {
			t.Errorf("node %d knows the members %v after its start", i+1, m)
		}
	}
	r.sameEverywhere()
	r.settled()
}

// A fourth member comes and one of the first goes, under appends, and the leaders that it has with it: it hands them over
// before it is removed, hears that it was, and the shards go on without it.
//
// Checked by breaking it: when a leader that is to go does nothing, it is never removed.
func TestMembers_OneComesAndALeaderGoes(t *testing.T) {
	t.Parallel()
	r := three(t, 2, nil)
	convs, end := r.writers(4, rand.New(rand.NewPCG(3, 4)))
	r.progress(convs, 20)
	r.tell()
	r.add(3)
	r.settled()
	r.progress(convs, 10)
	r.kill(0)
	r.start(0) // with the peers of before
	l := r.logs[3].Load()
	for s := range im.ShardID(3) {
		r.eventually("the fourth does not lead", func() bool {
			leader, _, _ := l.Leader(s)
			if leader != 4 {
				l.Transfer(s, 4) //nolint:errcheck // it is tried again
			}
			return leader == 4
		})
	}
	r.drop(4)
	r.gone(3)
	r.settled()
	r.progress(convs, 20)
	end()
	r.check(convs)
	r.sameEverywhere()
	if m := r.logs[0].Load().Members(); len(m) != 3 {
		t.Errorf("the members are %v", m)
	}
}

// A node whose directory is lost is replaced, under appends and while it is away: it comes under another number, and the one
// before leaves all groups. The new one counts like any other: another node may die.
func TestMembers_ALostDirectoryIsReplaced(t *testing.T) {
	t.Parallel()
	r := three(t, 2, nil)
	convs, end := r.writers(3, rand.New(rand.NewPCG(5, 6)))
	r.progress(convs, 20)
	r.tell()
	r.kill(2)
	r.progress(convs, 50)
	if n := r.invite(2); n != 4 {
		t.Fatalf("the number of the new one is %d", n)
	}
	r.tell()
	r.progress(convs, 10)
	r.start(2)
	r.tell()
	r.settled()
	r.kill(0)
	r.progress(convs, 20)
	r.start(0)
	end()
	r.check(convs)
	r.sameEverywhere()
}

// The power of a node fails while it is catching up, again and again; each time it goes on, and votes in the end. Until
// then nobody counts on it.
func TestMembers_APowerCutWhileCatchingUp(t *testing.T) {
	t.Parallel()
	r := alone(t, 2, func(o *eventlog.Options) { o.SnapshotEntries, o.SnapshotBytes = 20, 4<<10 })
	rng := rand.New(rand.NewPCG(7, 8))
	convs, end := r.writers(3, rng)
	r.progress(convs, 200)
	r.invite(1)
	r.tell()
	for range 4 {
		r.start(1)
		r.powerFails(1, rng, convs, 1+rng.IntN(60))
		r.tell()
	}
	r.start(1)
	r.tell()
	r.settled()
	end()
	r.check(convs)
	r.sameEverywhere()
}

// Nobody votes that is behind: as long as a node that joins has not got the shard that it is being sent, it has no vote, and
// the others go on by themselves.
//
// Checked by breaking it: when the leader makes it a voter at once, it is seen to vote, and nothing goes on.
func TestMembers_WhoIsBehindDoesNotVote(t *testing.T) {
	t.Parallel()
	r := alone(t, 1, func(o *eventlog.Options) { o.SnapshotEntries = 20 })
	convs, end := r.writers(1, rand.New(rand.NewPCG(9, 1)))
	r.progress(convs, 200)
	r.invite(1)
	receiving, goOn := make(chan bool, 1), make(chan bool)
	free := sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(free)
	r.options[1].OnReceive(func() {
		select {
		case receiving <- true:
		default:
		}
		<-goOn
	})
	r.start(1)
	r.tell()
	select {
	case <-receiving:
	case <-time.After(2 * patience):
		t.Fatal("no shard is received")
	}
	s := convs[0].addr.Shard(1)
	r.eventually("the leader does not know the one that joins", func() bool {
		voting, joining, _ := r.logs[0].Load().Membership(s)
		return len(voting)+len(joining) == 2
	})
	for range 10 {
		r.progress(convs, 20)
		if voting, _, _ := r.logs[0].Load().Membership(s); !slices.Equal(voting, []uint64{1}) {
			t.Fatalf("%v vote while one of them is behind", voting)
		}
	}
	if _, err := r.logs[1].Load().Read(t.Context(), convs[0].addr, 0, 1); im.KindOf(err) != im.Unavailable {
		t.Errorf("a read on the one that is behind: %v, want unavailable", err)
	}
	free()
	r.settled()
	end()
	r.check(convs)
	r.sameEverywhere()
}

// One that joins while much is said gets the shard once, however long that takes: what is said meanwhile is not cut off.
//
// Checked by breaking it: when sending keeps nothing, the shard is received again and again.
func TestMembers_OneComesWhileMuchIsSaid(t *testing.T) {
	t.Parallel()
	r := alone(t, 1, func(o *eventlog.Options) { o.SnapshotEntries = 20 })
	convs, end := r.writers(1, rand.New(rand.NewPCG(15, 16)))
	s := convs[0].addr.Shard(1)
	leader := r.logs[0].Load()
	r.progress(convs, 2000)
	r.eventually("the log is not cut", func() bool { return leader.FirstInRaft(s) > 1 })
	r.invite(1)
	var received atomic.Int32
	r.options[1].OnReceive(func() {
		received.Add(1)
		before := leader.LastInRaft(s)
		for tick, late := time.Tick(5*time.Millisecond), time.After(patience); leader.LastInRaft(s) <= before+400; {
			select {
			case <-tick:
			case <-late:
				t.Error("nothing is said")
				return
			}
		}
	})
	r.start(1)
	r.tell()
	r.settled()
	if n := received.Load(); n < 1 || n > 3 { // when it takes too long the log is cut meanwhile, and it is sent again
		t.Errorf("the shard was received %d times", n)
	}
	end()
	r.check(convs)
	r.sameEverywhere()
}

// A member that is away while it is removed does no harm when it is back, and gets nothing any more.
func TestMembers_RemovedWhileAway(t *testing.T) {
	t.Parallel()
	r := three(t, 1, nil)
	convs, end := r.writers(2, rand.New(rand.NewPCG(11, 12)))
	r.progress(convs, 10)
	r.tell()
	r.kill(2)
	r.drop(3)
	r.settled()
	r.start(2)
	r.progress(convs, 50)
	if _, err := r.logs[2].Load().Read(t.Context(), convs[0].addr, 0, 1); im.KindOf(err) != im.Unavailable {
		t.Errorf("a read on the one that was removed: %v, want unavailable", err)
	}
	r.kill(1)
	r.start(1)
	r.progress(convs, 20)
	r.kill(2)
	end()
	r.check(convs)
	r.sameEverywhere()
}

// Three become one again, one after the other, also the one that leads; the last one goes on by itself, and knows after its
// next start that it is alone.
func TestMembers_ThreeBecomeOne(t *testing.T) {
	t.Parallel()
	r := alone(t, 1, nil)
	convs, end := r.writers(2, rand.New(rand.NewPCG(13, 14)))
	r.add(1)
	r.add(2)
	r.settled()
	for _, replica := range []uint64{1, 2} {
		r.progress(convs, 10)
		r.drop(replica)
		r.gone(int(replica) - 1)
		r.settled()
	}
	r.progress(convs, 10)
	end()
	r.check(convs)
	r.kill(2)
	r.start(2)
	r.ready()
	r.check(convs)
	if m := r.logs[2].Load().Members(); len(m) != 1 || m[0].Replica != 3 {
		t.Errorf("the members are %v", m)
	}
}

// The members may be told in any order, twice, while the log is closed and afterwards, and none at all; what was told last
// counts. That goes on as ever at the next start.
func TestLog_SetMembersAnyhow(t *testing.T) {
	t.Parallel()
	r := alone(t, 1, nil)
	l := r.logs[0].Load()
	before := r.members(0)
	r.add(1)
	r.settled()
	reversed := r.members(0)
	slices.SortFunc(reversed, func(a, b eventlog.Member) int { return int(b.Replica) - int(a.Replica) })
	l.SetMembers(reversed, 2)
	l.SetMembers(nil, 2)
	l.SetMembers(nil, 0)
	if m := l.Members(); len(m) != 2 || m[0].Replica != 1 || m[1].Replica != 2 {
		t.Errorf("the members are %v", m)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				l.SetMembers(r.members(0), 2)
				l.SetMembers(reversed, 2)
			}
		})
	}
	all.Go(func() { r.kill(0) })
	all.Wait()
	l.SetMembers(before, 2)
	r.start(0)
	r.settled()
}

// A member that joined with what is not its cluster's is refused, and a lost node table is no reason to begin anew.
func TestDirectory_JoinRefusesWhatDoesNotFit(t *testing.T) {
	o := oneOfThree(t)
	d := prepare(t, o)
	members := func() []eventlog.Member {
		m := membersWith(d)
		m[0].Replica, m[1].Replica, m[2].Replica = 9, 2, 3
		return m
	}
	bucket := eventlog.Buckets{Usual: 1000, Strangers: 2000}
	for claim, join := range map[string]func() error{
		"no members":             func() error { return d.Join(someCluster, bucket, nil) },
		"without this node":      func() error { return d.Join(someCluster, bucket, members()[1:]) },
		"no uuid":                func() error { return d.Join("no uuid", bucket, members()) },
		"no bucket":              func() error { return d.Join(someCluster, eventlog.Buckets{Strangers: 2000}, members()) },
		"no bucket of strangers": func() error { return d.Join(someCluster, eventlog.Buckets{Usual: 1000}, members()) },
	} {
		if err := join(); im.KindOf(err) != im.Invalid {
			t.Errorf("%s: %v, want invalid", claim, err)
		}
	}
	for range 2 {
		if err := d.Join(someCluster, bucket, members()); err != nil {
			t.Fatal(err)
		}
		d = crash(t, d, o)
	}
	cluster, got, ok := d.Formed()
	if !ok || cluster != someCluster || len(got) != 3 || got[2].Replica != 9 || d.Buckets() != bucket {
		t.Errorf("it belongs to %s, with %v and buckets of %v ms", cluster, got, d.Buckets())
	}
	for claim, join := range map[string]func() error{
		"another cluster": func() error { return d.Join(otherCluster, bucket, members()) },
		"another number":  func() error { return d.Join(someCluster, bucket, membersWith(d)) },
		"another bucket":  func() error { return d.Join(someCluster, eventlog.Buckets{Usual: 1000, Strangers: 2001}, members()) },
		"formed":          func() error { return d.Form(someCluster, members()) },
	} {
		if err := join(); im.KindOf(err) != im.Conflict {
			t.Errorf("%s: %v, want a conflict", claim, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(o.Dir, "nodes.json"))
	if _, err := eventlog.Open(o); im.KindOf(err) != im.Conflict || !strings.Contains(err.Error(), "nodes.json") {
		t.Errorf("without a node table: %v, want a conflict", err)
	}
}
