package reads

import (
	"slices"

	"github.com/parley-im/parley/im"
)

// holders returns the names of the other nodes that have a shard and can be asked: who leads it first, then who votes, and then, if
// that is wanted, who has a part of it at least. A shard of which nothing is known has none.
func (r *Reads) holders(shard im.ShardID, alsoJoining bool) []string {
	voting, joining, _ := r.local.Membership(shard)
	if !alsoJoining {
		joining = nil
	}
	var numbers []uint64
	if leader, _, ok := r.local.Leader(shard); ok {
		numbers = append(numbers, leader)
	}
	var names []string
	for _, n := range slices.Concat(numbers, voting, joining) {
		name := r.o.Name(n)
		if name != "" && name != r.o.Node && !slices.Contains(names, name) && r.o.Linked(name) {
			names = append(names, name)
		}
	}
	return names
}

// leads reports whether the node of that name leads a shard.
func (r *Reads) leads(node string, shard im.ShardID) bool {
	leader, _, ok := r.local.Leader(shard)
	return ok && r.o.Name(leader) == node
}

// all returns the shards that hold actors.
func (r *Reads) all() []im.ShardID {
	shards := make([]im.ShardID, r.o.Shards)
	for i := range shards {
		shards[i] = im.ShardID(i + 1)
	}
	return shards
}

// holdsAll reports whether this node has a replica of each of these shards.
func (r *Reads) holdsAll(shards []im.ShardID) bool {
	return !slices.ContainsFunc(shards, func(s im.ShardID) bool { return !r.local.Holds(s) })
}
