package cluster

import "github.com/parley-im/parley/im"

// Led returns how many shards this node owns.
func (n *Node) Led() int { return n.placement.led() }

// Owner returns the name of the node that leads shard, and in which term; ok is false while nobody is known to.
func (n *Node) Owner(shard im.ShardID) (name string, term uint64, ok bool) {
	l := n.placement.leader(shard)
	name = n.members.Load().names[l.replica]
	return name, l.term, name != ""
}
