package cluster

import "maps"

// members are who there is in the cluster.
type members struct {
	// names are by the numbers that the log knows them by.
	names map[uint64]string
	// peers are the others, by name; none without links.
	peers map[string]*peer
}

// SetMembers says who is in the cluster from now on, this node among them or not, by the numbers that the log knows them by. A
// node whose number another one takes over keeps its name. It does not block. What is under way to a node that is no member any
// more ends with its link (PeerDown), not here.
func (n *Node) SetMembers(names map[uint64]string) {
	next := &members{names: maps.Clone(names), peers: map[string]*peer{}}
	for replica, name := range names {
		if replica != n.opts.Replica && name != n.opts.Name && n.opts.Links != nil {
			next.peers[name] = newPeer(n, name)
		}
	}
	n.members.Store(next)
}

// peer returns another member by its name, nil if there is none.
func (n *Node) peer(name string) *peer { return n.members.Load().peers[name] }
