package cluster

import (
	"testing"

	"github.com/parley-im/parley/im"
)

// A node that joins is found as soon as it is a member, also by those who heard before that it leads; one that is none any more
// owns nothing, and what comes from it is dropped.
//
// Checked by breaking it: with the names of the start the third node is never found.
func TestSetMembers_WhoJoinsIsFoundAndWhoLeavesIsNot(t *testing.T) {
	s := startSeveral(t, 3, Options{}, sayWhere)
	n := s.nodes["node1"]
	n.SetMembers(map[uint64]string{1: "node1", 2: "node2"})
	s.leadAll("node3", 1)
	if got := ask(t, n, tom, "x", agesMore); got.Error != uint32(im.Retry)+1 {
		t.Errorf("before node3 is known: %v, want to be asked to come again", got)
	}
	if name, _, ok := n.Owner(tom.Shard(4)); ok {
		t.Errorf("owner %q", name)
	}
	n.SetMembers(map[uint64]string{1: "node1", 2: "node2", 3: "node3"})
	if got := ask(t, n, tom, "x", agesMore); got.Error != 0 || got.Text != "node3" {
		t.Errorf("then: %v, want node3's answer", got)
	}
	n.SetMembers(map[uint64]string{1: "node1", 3: "node2"}) // its number, another name
	if name, _, _ := n.Owner(tom.Shard(4)); name != "node2" {
		t.Errorf("replica 3 is %q, want node2", name)
	}
	n.SetMembers(map[uint64]string{1: "node1"})
	before := n.dropped.Load()
	n.Receive("node3", nil)
	if n.dropped.Load() != before+1 || n.placement.owner(tom.Shard(4)) != nil {
		t.Error("a node that is no member is heard, or owns something")
	}
}
