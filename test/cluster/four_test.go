package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/ledger"
)

// awaitPlaced waits until every shard has the replicas that it is to have and no other, as each of the nodes sees it: one on three
// nodes, the cluster's own on all.
func awaitPlaced(t *testing.T, nodes []*servertest.Node) {
	t.Helper()
	servertest.Eventually(t, "every shard is where it is to be", func() bool {
		return !slices.ContainsFunc(nodes, func(n *servertest.Node) bool { return misplaced(n, len(nodes)) != "" })
	})
}

// misplaced says what is not yet as it is to be, as one of so many nodes sees it; "" = all is.
func misplaced(n *servertest.Node, count int) string {
	status := n.Cluster()
	if len(status.Nodes) != count {
		return fmt.Sprintf("%d nodes", len(status.Nodes))
	}
	for i, s := range status.Shards {
		want := min(count, 3)
		if i == 0 {
			want = min(count, 5)
		}
		if len(s.Replicas) != want || !slices.Equal(s.Replicas, s.Assigned) || i > 0 && len(s.Joining) > 0 || !slices.Contains(s.Replicas, s.Leader) {
			return fmt.Sprintf("shard %d: %+v", i, s)
		}
	}
	return ""
}

// outsider returns a node that has no replica of the shard of the group, and the one that leads it.
func (p *party) outsider() (outsider, leader *servertest.Node) {
	p.t.Helper()
	leader = p.leader()
	has := leader.Cluster().Shards[p.shard()].Replicas
	i := slices.IndexFunc(p.cluster.Nodes, func(n *servertest.Node) bool { return !slices.Contains(has, n.Name) })
	if i < 0 {
		p.t.Fatalf("all have shard %d: %v", p.shard(), has)
	}
	return p.cluster.Nodes[i], leader
}

// Of four nodes each shard has a replica on three, and the cluster's own on all; each node votes in three quarters of them. Everything
// that three do for their clients four do as well, whichever of them is asked: what one answered the others know at once, though
// some have not got it.
func TestFour_TalkAsThreeDo(t *testing.T) {
	t.Parallel()
	allTalk(t, 4)
}

// Each shard has exactly three replicas, on nodes that share them evenly, as all see it. While all talk, the node that leads the group is
// killed; a node that has no replica of it goes on reading its history, from those that are left. In the end the histories that all
// nodes give are one, with whatever was acknowledged, and what they found by searches is the same.
//
// Checked by breaking it: when nodes do not take what leaders tell of their shards (internal/server/heard.go: hear), they are never
// ready; when a search goes through what its node has alone, nodes find different rooms.
func TestFour_NodeWithoutAReplicaReadsWhileAHolderIsKilled(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 4)
	awaitPlaced(t, c.Nodes)
	for _, n := range c.Nodes[0].Cluster().Nodes {
		if n.Votes != 13 || n.Holds != 13 || n.State != "member" { // shard 0, and 3 of 4 of the sixteen others
			t.Errorf("%+v, want 13 votes", n)
		}
	}
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	outsider, victim := p.outsider()
	member := p.talkers[slices.IndexFunc(p.talkers, func(k *talker) bool { return k.conversation == groupName })]
	before := read(t, outsider, member)

	victim.Kill()
	var after []ledger.Record
	servertest.Eventually(t, outsider.Name+" reads on without "+victim.Name, func() bool {
		records, err := rest(outsider).GroupHistory(t.Context(), p.group)
		after = recordsOf(records)
		return err == nil && len(after) > len(before)
	})
	if len(before) == 0 || !slices.Equal(after[:len(before)], before) {
		t.Errorf("%s read %d records, and then others", outsider.Name, len(before))
	}
	p.talk(enough)
	awaitLeaders(t, c.Others(victim), victim) // a search needs all shards
	searchesAgree(t, c.Others(victim))
	victim.Restart()
	p.talk(enough)
	p.end()
	searchesAgree(t, c.Nodes)
	sameEverywhere(t, c.Nodes)
}

// awaitLeaders waits until each of the nodes knows of each shard that somebody leads it who is not the one that died.
func awaitLeaders(t *testing.T, nodes []*servertest.Node, dead *servertest.Node) {
	t.Helper()
	leaderless := func(s servertest.ShardStatus) bool { return s.Leader == "" || s.Leader == dead.Name }
	servertest.Eventually(t, "all shards have other leaders than "+dead.Name, func() bool {
		return !slices.ContainsFunc(nodes, func(n *servertest.Node) bool { return slices.ContainsFunc(n.Cluster().Shards, leaderless) })
	})
}

// searchesAgree makes rooms on all nodes, and checks that all find the same, page by page.
func searchesAgree(t *testing.T, nodes []*servertest.Node) {
	t.Helper()
	const rooms, page = 24, 5
	kind := fmt.Sprintf("of-%d", len(nodes))
	for i := range rooms {
		found(t, nodes[i%len(nodes)], "/rooms", map[string]any{"name": kind, "attributes": map[string]any{"level": i % 7}})
	}
	ids := map[string]bool{}
	for skip := 0; skip < rooms+page; skip += page {
		path := fmt.Sprintf("/rooms?name=%s&_sort=-level,id&_skip=%d&_limit=%d", kind, skip, page)
		want := get(t, nodes[0], path)
		same(t, nodes, path, want)
		var list []struct{ ID string }
		if err := json.Unmarshal([]byte(want), &list); err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			ids[r.ID] = true
		}
	}
	if len(ids) != rooms {
		t.Errorf("%d of %d rooms were found", len(ids), rooms)
	}
}

// sameEverywhere waits until `parley doctor verify` finds each shard the same on as many replicas as it is to have.
func sameEverywhere(t *testing.T, nodes []*servertest.Node) {
	t.Helper()
	admins, _ := places(nodes)
	var last verdicts
	servertest.Eventually(t, "all replicas are the same", func() bool {
		last = verify(t, len(nodes), admins...)
		return last.count("same") == len(last.Shards) && last.isFull(len(nodes))
	})
}

// isFull reports whether each shard was compared on three nodes, and the cluster's own on all.
func (v verdicts) isFull(nodes int) bool {
	for _, s := range v.Shards {
		if want := 3; s.Replicas != s.Assigned || s.Shard > 0 && s.Replicas != want || s.Shard == 0 && s.Replicas != nodes {
			return false
		}
	}
	return len(v.Shards) == 17
}

// A fifth node joins four while everybody talks, and goes again: shards move to it from the others, and back, to nodes that had them
// before. Nobody who stays is cut for long, nothing that was acknowledged is lost, all nodes have one history at each step, and what the
// nodes have is the same, running and stopped, and on three nodes each, no more.
//
// Checked by breaking it: when a shard's data stays where its replica has ended, and when a node comes back to a group under the id that it
// had there, shards that are to come back never get their third vote, and node5 is never let go.
func TestFour_FifthComesAndGoes(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 4)
	awaitPlaced(t, c.Nodes)
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	fifth := let(t, c, "node5", c.Nodes[1])
	awaitPlaced(t, c.Nodes)
	p.talk(enough)
	if votes := c.Nodes[0].Cluster().Named("node5").Votes; votes < 10 || votes > 11 { // shard 0, and 3 of 5 of the sixteen others
		t.Errorf("node5 votes in %d shards", votes)
	}

	c.Nodes = c.Others(fifth)
	do(t, c.Nodes[2], "remove", "node5")
	refused(t, fifth, "node5 was removed from the cluster")
	awaitPlaced(t, c.Nodes)
	p.talk(enough)
	p.end()

	sameEverywhere(t, c.Nodes)
	for _, n := range c.Nodes {
		if code := n.Terminate(); code != 0 {
			t.Errorf("%s ended with code %d", n.Name, code)
		}
	}
	_, dirs := places(c.Nodes)
	after := verify(t, len(dirs), dirs...)
	if same := after.count("same"); same+after.count("behind") != len(after.Shards) || !after.isFull(len(c.Nodes)) {
		t.Errorf("stopped: %+v", after.Shards)
	}
	c.Launch()
	c.AwaitReady()
	for _, n := range c.Nodes {
		ask(t, n, http.MethodGet, "/groups/"+p.group, nil, http.StatusOK)
	}
}

// Three become four and three again while all talk: what was everywhere is on three of four for a while, then everywhere again.
func TestFour_ThreeBecomeFourAndThreeAgain(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	fourth := let(t, c, "node4", c.Nodes[0])
	awaitPlaced(t, c.Nodes)
	p.talk(enough)
	c.Nodes = c.Others(fourth)
	do(t, c.Nodes[0], "remove", "node4")
	refused(t, fourth, "node4 was removed from the cluster")
	awaitPlaced(t, c.Nodes)
	p.talk(enough)
	p.end()
	sameEverywhere(t, c.Nodes)
}

// One of four nodes loses its disk while all talk, and an empty one takes its place, under another number: the shards that it had are copied
// to whom they fall to, nobody who is elsewhere is cut for long, and nothing that was acknowledged is lost.
func TestFour_LostDiskIsReplaced(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 4)
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	lost, other := c.Nodes[0], c.Nodes[2]
	lost.Kill()
	if err := os.RemoveAll(lost.Dir); err != nil {
		t.Fatal(err)
	}
	p.talk(enough)
	do(t, other, "replace", lost.Name)
	lost.AddFlags("--join", other.ActorListen)
	lost.SetFlag("--peers", "")
	lost.Restart()
	awaitPlaced(t, c.Nodes)
	if got := other.Cluster().Named(lost.Name); got.Replica != 5 || got.State != "member" {
		t.Errorf("%s is %+v after it was replaced", lost.Name, got)
	}
	p.talk(enough)
	p.end()
	sameEverywhere(t, c.Nodes)
}
