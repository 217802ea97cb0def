package servertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// ClusterSecret is what the nodes of a Cluster know.
const ClusterSecret = "the secret of a cluster of tests"

// Cluster is some nodes that are each other's peers, node1, node2 and so on, each with a data directory and ports of its own.
type Cluster struct {
	Nodes []*Node
	t     testing.TB
}

// StartCluster starts count nodes with the flags that they need and those in extra, all at once, and waits until all are ready.
// What Start says of the app and of the end of the test goes for each; if the test fails, what they wrote is printed.
func StartCluster(t testing.TB, count int, extra ...string) *Cluster {
	t.Helper()
	c := NewCluster(t, count, extra...)
	c.Launch()
	c.AwaitReady()
	return c
}

// NewCluster returns the place of a cluster whose nodes are not started; one node alone has no peers, and can grow (Guest). Their ports stay theirs as long as the process of the
// test lives (FreeAddrs), whether they run or not.
func NewCluster(t testing.TB, count int, extra ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	t.Cleanup(c.explain) // after the nodes were killed
	var peers []string
	for i := range count {
		n := c.place(fmt.Sprintf("node%d", i+1), extra)
		peers = append(peers, fmt.Sprintf("%s=%s/%s", n.Name, n.RaftListen, n.ActorListen))
	}
	if count == 1 {
		return c
	}
	for _, n := range c.Nodes {
		n.extra = append([]string{"--peers", strings.Join(peers, ",")}, n.extra...)
	}
	return c
}

// Guest returns the place of a node of that name that asks via, a node of the cluster, to be let in. It is one of Nodes from then on.
func (c *Cluster) Guest(name string, via *Node, extra ...string) *Node {
	c.t.Helper()
	return c.place(name, append([]string{"--join", via.ActorListen}, extra...))
}

// place adds the place of a node that knows the cluster's secret.
func (c *Cluster) place(name string, extra []string) *Node {
	c.t.Helper()
	n := New(c.t, extra...)
	n.Name = name
	n.SecretFile = filepath.Join(filepath.Dir(n.Dir), "secret")
	if err := os.WriteFile(n.SecretFile, []byte(ClusterSecret+"\n"), 0o600); err != nil {
		c.t.Fatal(err)
	}
	n.extra = append([]string{"--node", n.Name, "--cluster-secret-file", n.SecretFile}, n.extra...)
	c.Nodes = append(c.Nodes, n)
	return n
}

// Launch starts the nodes that do not run, and does not wait for them.
func (c *Cluster) Launch() {
	c.t.Helper()
	for _, n := range c.Nodes {
		if !n.Running() {
			n.Launch()
		}
	}
}

// AwaitReady waits until all nodes that run are ready.
func (c *Cluster) AwaitReady() {
	c.t.Helper()
	for _, n := range c.Nodes {
		if n.Running() {
			n.AwaitReady()
		}
	}
}

// Others are the nodes but n.
func (c *Cluster) Others(n *Node) (others []*Node) {
	for _, o := range c.Nodes {
		if o != n {
			others = append(others, o)
		}
	}
	return others
}

// Leader returns the node that leads a shard, as the nodes that run see it, and waits until they agree upon one of themselves.
// None of them may be paused.
func (c *Cluster) Leader(shard uint32) (leader *Node) {
	c.t.Helper()
	Eventually(c.t, fmt.Sprintf("shard %d has a leader", shard), func() bool {
		leader = c.agreed(shard)
		return leader != nil
	})
	return leader
}

// AwaitBalance waits until every node leads its share of the shards, so that no actor moves any more unless something happens.
// It takes seconds after a start.
func (c *Cluster) AwaitBalance() {
	c.t.Helper()
	Eventually(c.t, "all nodes lead as many shards", func() bool {
		status := c.Nodes[0].Cluster()
		for _, n := range status.Nodes {
			if n.Leads < len(status.Shards)/len(c.Nodes) {
				return false
			}
		}
		return true
	})
}

// agreed returns the leader of a shard that all who run name, nil when they do not.
func (c *Cluster) agreed(shard uint32) (leader *Node) {
	names := map[string]bool{}
	for _, n := range c.Nodes {
		if n.Running() {
			names[n.Cluster().Shards[shard].Leader] = true
		}
	}
	for _, n := range c.Nodes {
		if n.Running() && len(names) == 1 && names[n.Name] {
			leader = n
		}
	}
	return leader
}

// explain prints what the nodes wrote when the test has failed.
func (c *Cluster) explain() {
	if !c.t.Failed() {
		return
	}
	for _, n := range c.Nodes {
		c.t.Logf("%s wrote:\n%s", n.Name, tail(n.Stderr()))
	}
}

// mostTold is how many bytes of a node's output are printed when a test fails.
const mostTold = 16 << 10

// tail returns the last lines of text.
func tail(text string) string {
	if len(text) <= mostTold {
		return text
	}
	_, lines, _ := strings.Cut(text[len(text)-mostTold:], "\n")
	return "...\n" + lines
}

// ClusterStatus is what a node says of its cluster; see transport/admin.
type ClusterStatus struct {
	Cluster, Node string
	Waits         string
	Nodes         []NodeStatus
	Shards        []ShardStatus
}

// ShardStatus is one of the shards in it.
type ShardStatus struct {
	Leader                      string
	Replicas, Joining, Assigned []string
}

// NodeStatus is one of the nodes in it.
type NodeStatus struct {
	Name, State  string
	Replica      uint64
	Up           bool
	Leads, Votes int
	// Holds counts the shards that it has, Assigned those in which it is to vote.
	Holds, Assigned int
}

// Named returns the node of that name, the zero value when there is none.
func (s ClusterStatus) Named(name string) NodeStatus {
	for _, n := range s.Nodes {
		if n.Name == name {
			return n
		}
	}
	return NodeStatus{}
}

// Cluster asks the node how its cluster is.
func (n *Node) Cluster() (got ClusterStatus) {
	n.t.Helper()
	if err := json.Unmarshal([]byte(n.AdminPage("/v1/cluster")), &got); err != nil {
		n.t.Fatal(err)
	}
	return got
}

// Pause stops the process where it is, as a machine that stands still would. Continue ends that; so does Kill.
func (n *Node) Pause() { n.t.Helper(); n.Signal(syscall.SIGSTOP) }

// Continue ends a Pause.
func (n *Node) Continue() { n.t.Helper(); n.Signal(syscall.SIGCONT) }

// Running reports whether the process was started and has not ended. One that is paused runs.
func (n *Node) Running() bool {
	if n.exited == nil {
		return false
	}
	select {
	case <-n.exited:
		return false
	default:
		return true
	}
}
