package cluster

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// do runs a verb of `parley cluster` on a node, which must succeed, and returns what it says.
func do(t *testing.T, n *servertest.Node, args ...string) string {
	t.Helper()
	got := run(t, n, append([]string{"cluster"}, args...)...)
	if got.Code != 0 {
		t.Fatalf("parley cluster %s: %+v\n%s", strings.Join(args, " "), got, n.AdminPage("/v1/cluster"))
	}
	return got.Stdout
}

// awaitMember waits until a node votes in all shards, as n sees it.
func awaitMember(t *testing.T, n *servertest.Node, name string) {
	t.Helper()
	servertest.Eventually(t, name+" votes in all shards", func() bool {
		return n.Cluster().Named(name).State == "member"
	})
}

// let adds a node to the cluster by way of via, and waits until it votes in all shards and serves clients.
func let(t *testing.T, c *servertest.Cluster, name string, via *servertest.Node) *servertest.Node {
	t.Helper()
	if said := do(t, via, "add", name); !strings.Contains(said, "--join "+via.ActorListen) {
		t.Errorf("parley cluster add %s says %q", name, said)
	}
	n := c.Guest(name, via)
	n.Restart()
	awaitMember(t, via, name)
	return n
}

// A node that was started alone grows to three while its clients talk: they keep their sockets and hear everything. (As shards get
// other leaders a few may be closed, see stayed; they hear everything all the same.) Then its
// disk is lost, and one command lets an empty one take its place; all that was acknowledged is there, on every node.
func TestJoin_OneGrowsToThreeAndItsDiskMayBeLost(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 1)
	first := c.Nodes[0]
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	let(t, c, "node2", first)
	third := let(t, c, "node3", first)
	p.talk(enough)
	p.stayed(p.talkers, 0)
	if status := first.Cluster(); len(status.Nodes) != 3 || status.Named("node2").Votes != 17 {
		t.Errorf("grown to %+v", status)
	}

	first.Kill()
	if err := os.RemoveAll(first.Dir); err != nil {
		t.Fatal(err)
	}
	said := do(t, third, "replace", "node1")
	if !strings.Contains(said, "parley serve --node node1 --join "+third.ActorListen) {
		t.Errorf("parley cluster replace says %q", said)
	}
	first.AddFlags("--join", third.ActorListen)
	first.Restart()
	awaitMember(t, third, "node1")
	if got := third.Cluster().Named("node1"); got.Replica != 4 {
		t.Errorf("node1 is replica %d after it was replaced, want 4", got.Replica)
	}
	p.talk(enough)
	p.end()
}

// A fourth node comes while all talk, and goes again: nobody is cut, nothing is lost. The node that was removed ends by itself with
// one line, and so it does when it is started once more. A name that is no node's is nothing to do.
func TestRemove_FourthNodeComesAndGoes(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	before := cut(p.talkers)
	fourth := let(t, c, "node4", c.Nodes[1])
	p.talk(enough)
	c.Nodes = c.Others(fourth)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("node4 wrote:\n%s", fourth.Stderr())
		}
	})

	if said := do(t, c.Nodes[2], "remove", "node4"); !strings.Contains(said, "node4 is no member any more") {
		t.Errorf("parley cluster remove says %q", said)
	}
	const line = "node4 was removed from the cluster"
	refused(t, fourth, line)
	p.talk(enough)
	p.stayed(p.talkers, before)
	if said := do(t, c.Nodes[0], "remove", "node4"); !strings.Contains(said, "nothing to do") {
		t.Errorf("parley cluster remove of nobody says %q", said)
	}
	if got := c.Nodes[0].Cluster(); len(got.Nodes) != 3 {
		t.Errorf("left are %+v", got.Nodes)
	}
	fourth.Launch()
	refused(t, fourth, line)
	p.end()
}

// Who was not invited waits, says for what, and gets in as soon as it is; who has another secret or other shards is refused in one
// line; and a name that is in use is not given away. Of two, one can go again.
func TestJoin_WaitsForItsInvitation(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 1)
	first := c.Nodes[0]

	stranger := c.Guest("stranger", first)
	write(t, stranger.SecretFile, "the secret of another cluster")
	stranger.Launch()
	refused(t, stranger, "secret")

	other := c.Guest("other", first, "--shards", "4")
	other.Launch()
	refused(t, other, "--shards 4, the cluster of node1 has 16")

	double := c.Guest("node1", first)
	double.Launch()
	waits(t, double, "parley cluster replace node1")
	double.Kill()

	guest := c.Guest("node2", first)
	guest.Launch()
	waits(t, guest, "run `parley cluster add node2` on a member")
	servertest.Eventually(t, "it logs what it waits for", func() bool { return strings.Contains(guest.Stderr(), "parley cluster add node2") })
	if n := len(first.Cluster().Nodes); n != 1 {
		t.Errorf("%d members before anybody was invited", n)
	}
	do(t, first, "add", "node2")
	guest.AwaitReady()
	awaitMember(t, guest, "node2")

	// Of two none can go without the other's word: the one that is removed has to stay until that is said.
	do(t, first, "remove", "node2")
	refused(t, guest, "node2 was removed from the cluster")
	befriend(t, first, "tom", "jerry")
}

// waits checks that a node which is not let in says what it waits for, where an operator looks.
func waits(t *testing.T, n *servertest.Node, want string) {
	t.Helper()
	servertest.Eventually(t, n.Name+" waits", func() bool {
		return n.Running() && n.AdminAnswers() && strings.Contains(n.Cluster().Waits, want)
	})
	if n.Ready() {
		t.Errorf("%s is ready", n.Name)
	}
}

// A node that is drained leads nothing and says that it is not ready, its clients are sent elsewhere, and those of other nodes notice
// nothing; that ends by a command, or by a restart.
func TestDrain_EndsByCommandOrRestart(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	befriend(t, c.Nodes[0], "tom", "jerry")
	drained, other := c.Nodes[0], c.Nodes[1]
	jerry := visit(t, other, "jerry")
	tom := visit(t, drained, "tom")
	jerry.hears("online tom")

	if said := do(t, other, "drain", "node1"); !strings.Contains(said, "node1 leads nothing") {
		t.Errorf("parley cluster drain says %q", said)
	}
	select {
	case <-tom.Done():
	case <-time.After(servertest.Patience):
		t.Fatal("the client of the drained node stays")
	}
	servertest.Eventually(t, "node1 is not ready", func() bool { return !drained.Ready() })
	if got := other.Cluster().Named("node1"); got.State != "draining" || got.Leads != 0 {
		t.Errorf("node1 is %+v", got)
	}
	visit(t, other, "tom").says(friend("jerry"), "from elsewhere")
	do(t, drained, "drain", "node1", "--undo")
	drained.AwaitReady()

	do(t, drained, "drain", "node1", "--json")
	if code := drained.Terminate(); code != 0 {
		t.Errorf("ended with code %d", code)
	}
	drained.Restart()
	servertest.Eventually(t, "node1 leads again", func() bool { return other.Cluster().Named("node1").Leads > 0 })
	shard := uint32(3)
	do(t, other, "transfer", fmt.Sprint(shard), "node3")
	select {
	case <-jerry.Done():
		t.Error("a client of another node was cut")
	default:
	}
}

// A member that is started with other addresses is found at these, though the others were not told.
func TestMove_OthersFindAMemberElsewhere(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	moved := c.Nodes[2] // which is dialled, and does not dial
	if code := moved.Terminate(); code != 0 {
		t.Errorf("ended with code %d", code)
	}
	addrs := servertest.FreeAddrs(t, 2)
	moved.RaftListen, moved.ActorListen = addrs[0], addrs[1]
	moved.AddFlags("--advertise-raft", addrs[0], "--advertise-actor", addrs[1])
	moved.Restart()
	for _, n := range c.Others(moved) {
		servertest.Eventually(t, n.Name+" is linked to node3", func() bool { return n.Cluster().Named("node3").Up })
	}
	servertest.Eventually(t, "node3 leads", func() bool { return c.Nodes[0].Cluster().Named("node3").Leads > 0 })
}

// A member that is started with another secret goes on trying and says so, at Error and in /readyz; with the right one it is back.
func TestStart_FormedNodeWithAWrongSecretSaysSo(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	odd := c.Nodes[0]
	if code := odd.Terminate(); code != 0 {
		t.Errorf("ended with code %d", code)
	}
	write(t, odd.SecretFile, "the secret of another cluster")
	odd.Launch()
	servertest.Eventually(t, "it says so", func() bool {
		return strings.Contains(odd.Stderr(), "no other member talks to this node") && strings.Contains(odd.Readiness(), "links: node2: refused")
	})
	odd.Kill()
	write(t, odd.SecretFile, servertest.ClusterSecret)
	odd.Restart()
	servertest.Eventually(t, "it is linked", func() bool { return c.Nodes[1].Cluster().Named("node1").Up })
}
