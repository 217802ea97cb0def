package eventlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// What the leader of a shard has stored, all nodes read behind a barrier; a node that does not lead stores nothing, but in
// the cluster's own shard, where each of them does. All know the members, and hear of all leaders.
//
// Checked by breaking it: when a follower proposes too, its append is refused by the leader, not moved; when none does in shard 0, it is moved there;
// and without a barrier in Read some nodes miss the last message.
func TestCluster_LeaderWritesAndAllRead(t *testing.T) {
	t.Parallel()
	c := form(t, 2, nil)
	for range 20 {
		seq := c.store(ann)
		for i, l := range c.live() {
			if e, err := l.Read(t.Context(), ann, seq-1, 10); im.KindOf(err) == im.Unavailable {
				t.Log(err) // an election came in between
			} else if err != nil || len(e) != 1 || e[0].Seq != seq {
				t.Fatalf("node %d reads %v, %v after append %d", i+1, e, err, seq)
			}
		}
	}
	for i, l := range c.live() {
		c.followerMoves(l)
		c.storesInShard0(l)
		if m := l.Members(); len(m) != 3 || m[i].NodeHostID == "" || m[i].Raft != l.RaftAddr() || m[2].Name != "node3" {
			t.Errorf("node %d knows the members %v", i+1, m)
		}
	}
	for s := range im.ShardID(3) {
		c.eventually(fmt.Sprintf("the nodes do not agree on who leads shard %d", s), func() bool { return c.agree(s) })
	}
	c.sameEverywhere()
}

// followerMoves checks that a node that does not lead stores nothing.
func (c *trio) followerMoves(l *eventlog.Log) {
	c.t.Helper()
	leads := func() bool {
		r, _, _ := l.Leader(ann.Shard(2))
		return r == l.Replica()
	}
	before := leads()
	if got := say(c.t, l, ann, 1000); got != im.Moved && !before && !leads() {
		c.t.Errorf("on node %d, which does not lead, an append is %v, want moved", l.Replica(), got)
	}
}

// storesInShard0 waits until the cluster's own shard has stored a message that this node was given.
func (c *trio) storesInShard0(l *eventlog.Log) {
	c.t.Helper()
	own := im.Address{App: "app", Kind: im.KindCluster, ID: "settings"}
	c.eventually(fmt.Sprintf("on node %d nothing is stored in the cluster's own shard", l.Replica()), func() bool {
		before, err := l.Read(context.Background(), own, 0, 1000)
		return err == nil && say(c.t, l, own, uint64(len(before))) == im.Stored
	})
}

// agree reports whether OnLeader has told all nodes of the same leader and term of shard s, and Leader says so too.
func (c *trio) agree(s im.ShardID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	want := c.told[0][s]
	for i, l := range c.live() {
		r, term, ok := l.Leader(s)
		if !ok || c.told[i][s] != want || want != [2]uint64{r, term} {
			return false
		}
	}
	return true
}

// Nodes that lead die one after the other under load, without a word: another leads, appends go on, and nothing that was
// acknowledged is lost or twice. What a writer of before sends afterwards is refused. In the end all nodes have the same.
//
// Checked by breaking it: when the store takes any epoch and seq, the late append is stored.
func TestCluster_LosesNothingWithALeader(t *testing.T) {
	t.Parallel()
	c := form(t, 2, nil)
	convs, end := c.writers(4, rand.New(rand.NewPCG(1, 2)))
	c.progress(convs, 20)
	for range 3 {
		before, node := c.leader(1)
		_, term, _ := before.Leader(1)
		c.kill(node)
		c.progress(convs, 20)
		after, _ := c.leader(1)
		if _, now, _ := after.Leader(1); now <= term {
			t.Errorf("the term is %d after %d", now, term)
		}
		c.late(convs, after, term)
		c.start(node)
		c.progress(convs, 5)
	}
	end()
	c.check(convs)
	c.sameEverywhere()
}

// late appends to a conversation of shard 1 what a writer of an earlier term may have on its way, with every seq that fits.
func (c *trio) late(convs []*conversation, l *eventlog.Log, term uint64) {
	c.t.Helper()
	for _, conv := range convs {
		if conv.addr.Shard(2) != 1 {
			continue
		}
		var ld im.Load
		var err error
		c.eventually(fmt.Sprintf("%s cannot be read", conv.addr), func() bool {
			ld, err = loadNow(l, conv.addr)
			return im.KindOf(err) != im.Unavailable // an election may come in between
		})
		for seq := ld.Head.Seq; err == nil && seq < ld.Head.Seq+20; seq++ {
			outcome := make(chan im.Outcome, 1)
			err = l.Append(im.Append{
				Addr: conv.addr, Epoch: im.Epoch{Term: term, Activation: 1}, Expected: seq, Done: func(o im.Outcome) { outcome <- o },
				Entries: []im.Entry{{TS: im.At(time.Now()) + 1000, Body: []byte("late")}},
			})
			if err != nil {
				break
			}
			if got := <-outcome; got == im.Stored {
				c.t.Errorf("%s: a late append is stored", conv.addr)
			}
		}
		if err != nil {
			c.t.Error(err)
		}
		return
	}
	c.t.Error("no conversation is in shard 1")
}

// One node of three answers within two seconds that it can do nothing, appends as well as reads; when a second one is
// there, it goes on with what was stored before. So do all three after all were down.
//
// Checked by breaking it: with the timeouts of a cluster of one the answers come too late.
func TestCluster_WithoutAMajorityNothingIsAnswered(t *testing.T) {
	t.Parallel()
	c := form(t, 2, nil)
	c.store(ann)
	l, node := c.leader(ann.Shard(2))
	second, third := (node+1)%3, (node+2)%3
	c.kill(second)
	c.kill(third)
	c.soon("a read", func() bool {
		_, err := l.Read(context.Background(), ann, 0, 1)
		return im.KindOf(err) == im.Unavailable
	})
	c.soon("a search", func() bool {
		_, err := l.Search(context.Background(), im.Query{App: "app", Kind: im.KindUser, Limit: 1})
		return im.KindOf(err) == im.Unavailable
	})
	c.soon("an append", func() bool {
		got := say(t, l, ann, 1)
		return got == im.Unknown || got == im.Moved
	})
	c.start(second)
	c.ready()
	c.eventually("with a majority again the message cannot be read", func() bool {
		e, err := l.Read(t.Context(), ann, 0, 1)
		return err == nil && len(e) == 1
	})
	c.kill(node)
	c.kill(second)
	for i := range 3 {
		c.start(i)
	}
	c.sameEverywhere()
	if seq := c.store(ann); seq < 2 {
		t.Errorf("after all were down the next message has seq %d: the first is lost", seq)
	}
}

// soon checks that something ends as it should within two seconds, and one more for a busy machine: once of three times, since that may stand
// still.
func (c *trio) soon(what string, asItShould func() bool) {
	c.t.Helper()
	var took time.Duration
	for range 3 {
		began := time.Now()
		if !asItShould() {
			c.t.Errorf("%s does not fail as it should", what)
		}
		if took = time.Since(began); took <= 3*time.Second {
			return
		}
	}
	c.t.Errorf("%s took %v", what, took)
}

// A leader that is cut off stops answering; what it was given is unknown or moved, never stored. When the way is open
// again, it follows, and what it could not store is nowhere.
func TestCluster_LeaderThatIsCutOffStoresNothing(t *testing.T) {
	t.Parallel()
	c := form(t, 1, nil)
	c.store(ann)
	old, node := c.leader(1)
	c.cutOff(node)
	outcome := make(chan im.Outcome, 1)
	err := old.Append(im.Append{
		Addr: ann, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: 1, Done: func(o im.Outcome) { outcome <- o },
		Entries: []im.Entry{{TS: im.At(time.Now()) + 1000, Body: []byte("given to the one that is cut off")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-outcome; got != im.Unknown && got != im.Moved {
		t.Errorf("an append is %v on a leader that is cut off", got)
	}
	c.eventually("nobody else leads", func() bool {
		l, now, _ := c.leads(1)
		return l != nil && now != node
	})
	seq := c.store(ann)
	for i := range 3 {
		c.ways[i][node].to(old.RaftAddr())
		c.ways[node][i].to(c.logs[i].Load().RaftAddr())
	}
	c.sameEverywhere()
	var e []im.Entry
	c.eventually("the node that was cut off cannot be read", func() bool {
		e, err = old.Read(t.Context(), ann, 0, 10)
		return err == nil
	})
	if uint64(len(e)) < seq {
		t.Errorf("the node that was cut off reads %v, want %d messages", e, seq)
	}
	for _, e := range e {
		if string(e.Body) != "hello" {
			t.Errorf("entry %d is %q", e.Seq, e.Body)
		}
	}
}
