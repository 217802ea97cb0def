package eventlog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// counts returns how many shards with actors each node leads.
func (c *trio) counts() (n [3]int) {
	for s := im.ShardID(1); s <= im.ShardID(c.options[0].Shards); s++ {
		if l, node, _ := c.leads(s); l != nil {
			n[node]++
		}
	}
	return n
}

// balanced waits until so many shards are led, and no node of those leads two more than another.
func (c *trio) balanced(nodes ...int) {
	c.t.Helper()
	shards := int(c.options[0].Shards)
	var n [3]int
	c.eventually(fmt.Sprintf("leaders are not spread over nodes %v", nodes), func() bool {
		n = c.counts()
		sum := 0
		for _, i := range nodes {
			sum += n[i]
			if n[i] < shards/len(nodes) || n[i] > (shards+len(nodes)-1)/len(nodes) {
				return false
			}
		}
		return sum == shards
	})
	c.t.Logf("nodes lead %v", n)
}

// Wherever the leaders are, each node gets its share: when one has them all, when one has died, and when it is back. A node
// that drains leads nothing afterwards.
//
// Checked by breaking it: without the balancer the first wait does not end; without transfers in Drain it fails; without Undrain
// the last wait does not end.
func TestCluster_SpreadsLeaders(t *testing.T) {
	t.Parallel()
	c := form(t, 8, slower(nil))
	c.patience = 6 * patience
	for s := range im.ShardID(9) {
		c.eventually("no transfer to node 1", func() bool {
			l, node, _ := c.leads(s)
			if l != nil && node != 0 {
				if err := l.Transfer(s, 1); err != nil {
					t.Log(err)
				}
			}
			return l != nil && node == 0
		})
	}
	t.Logf("at first nodes lead %v", c.counts())
	c.balanced(0, 1, 2)
	c.kill(1)
	c.balanced(0, 2)
	c.start(1)
	c.balanced(0, 1, 2)

	l := c.logs[0].Load()
	drain := func() {
		ctx, cancel := context.WithTimeout(t.Context(), c.patience)
		defer cancel()
		if err := l.Drain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	drain()
	t.Logf("drained in %v", time.Since(began))
	c.eventually("the node that has drained leads", func() bool {
		_, node, _ := c.leads(0)
		if node == 0 || c.counts()[0] > 0 { // an election may have gone its way
			drain()
			return false
		}
		n := c.counts()
		return n[1]+n[2] == 8
	})
	l.Undrain()
	c.balanced(0, 1, 2)
}

// A node that is drained gives back what an election makes it lead, as long as there is somebody who can take it.
//
// Checked by breaking it: when the reconciler does not look at who is drained, the wait does not end.
func TestCluster_DrainedNodeGivesBackWhatItGets(t *testing.T) {
	t.Parallel()
	c := form(t, 1, nil)
	old, node := c.leader(1)
	l := c.logs[(node+1)%3].Load()
	if err := l.Drain(t.Context()); err != nil && im.KindOf(err) != im.Unavailable {
		t.Fatal(err)
	}
	c.eventually("no transfer to the node that is drained", func() bool {
		_, _, known := l.Membership(1)
		return known && old.Transfer(1, l.Replica()) == nil
	})
	term := func() uint64 { _, _, now := c.leads(1); return now }
	before := term()
	c.eventually("it keeps what it was given", func() bool {
		leader, _, now := c.leads(1)
		if now == before { // the transfer came to nothing
			old.Transfer(1, l.Replica()) //nolint:errcheck // it is tried again
		}
		return leader != nil && leader != l && now > before+1
	})
}

// A transfer to a member that is down leaves the shard where it is, a drain with nobody to hand over to ends with its
// context, and what is not there is refused.
func TestLog_TransfersThatCannotBe(t *testing.T) {
	t.Parallel()
	c := form(t, 1, nil)
	l, node := c.leader(1)
	for _, tc := range []struct {
		shard im.ShardID
		to    uint64
	}{{2, 1}, {1, 0}, {1, 4}} {
		if err := l.Transfer(tc.shard, tc.to); im.KindOf(err) != im.Invalid {
			t.Errorf("a transfer of shard %d to %d: %v, want invalid", tc.shard, tc.to, err)
		}
	}
	c.kill((node + 1) % 3)
	c.kill((node + 2) % 3)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := l.Drain(ctx); err != nil && im.KindOf(err) != im.Unavailable {
		t.Errorf("a drain with nobody there: %v", err)
	}
	alone := open(t, eventlog.Options{Dir: t.TempDir(), Shards: 1})
	defer closeLog(t, alone)
	if err := alone.Drain(t.Context()); err != nil {
		t.Errorf("a drain of a node alone: %v", err)
	}
}
