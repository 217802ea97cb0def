package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

// What people read of a cluster: of its nodes in how many shards they vote, and are to vote, and of shards what they lack.
func TestWriteCluster(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	c := admin.Cluster{
		ID: "5e1f", Node: "node1",
		Nodes: []admin.Node{
			{Name: "node1", State: admin.StateMember, Replica: 1, Raft: "host1:7081", Actor: "host1:7082", Up: true, Since: at, Leads: 2, Votes: 4, Assigned: 4},
			{Name: "node2", State: admin.StateDraining, Replica: 2, Raft: "10.0.0.20:7081", Actor: "10.0.0.20:7082", Since: at.Add(time.Second), Votes: 4, Assigned: 3},
			{Name: "node3", State: admin.StateJoining, Replica: 4, Raft: "h3:1", Actor: "h3:2", Up: true, Since: at, Votes: 1, Holds: 2, Assigned: 3},
			{Name: "node3", State: admin.StateLeaving, Replica: 3, Raft: "h3:1", Actor: "h3:2", Votes: 4},
			{Name: "node4", State: admin.StateInvited},
		},
		Shards: []admin.Shard{
			{Leader: "node1"},
			{Shard: 1, Leader: "node1", Replicas: []string{"node1", "node2", "node4"}, Assigned: []string{"node1", "node2", "node3"}},
			{Shard: 2, Replicas: []string{"node1", "node2"}, Assigned: []string{"node1", "node2", "node3"}},
			{Shard: 3, Replicas: []string{"node1"}, Joining: []string{"node3"}, Assigned: []string{"node1", "node3"}},
		},
	}
	var got bytes.Buffer
	if err := writeCluster(&got, c); err != nil {
		t.Fatal(err)
	}
	const want = `cluster 5e1f, as node1 sees it

NODE    LINK   SINCE                 STATE      VOTES   LEADS   RAFT             ACTOR
node1   up     2026-01-02 03:04:05   member     4/4     2       host1:7081       host1:7082
node2   down   2026-01-02 03:04:06   draining   4/3     0       10.0.0.20:7081   10.0.0.20:7082
node3   up     2026-01-02 03:04:05   joining    1/3     0       h3:1             h3:2
node3   down   -                     leaving    4/0     0       h3:1             h3:2
node4   -      -                     invited    -       -       -                -

4 shards, without a leader: 2, 3; with fewer votes than it is to have: 2, 3
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	if got := leaderless(c.Shards[:2]) + thin(c.Shards[:2]); got != "2 shards, each with a leader" {
		t.Errorf("got %q", got)
	}
}

// A node that waits says for what, and shows what it has of the cluster.
func TestWriteCluster_SaysWhatANodeWaitsFor(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := writeCluster(&got, admin.Cluster{Node: "node2", Waits: "waiting to be let in"}); err != nil {
		t.Fatal(err)
	}
	if want := "node2 is not ready: waiting to be let in\n\n"; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}
