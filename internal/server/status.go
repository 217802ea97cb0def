package server

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/parley-im/parley/cluster/link"
	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// clusterStatus says how the cluster is, as this node sees it. It waits for nothing.
func (s *Server) clusterStatus() admin.Cluster {
	status := admin.Cluster{Node: s.opts.Node, Nodes: []admin.Node{}, Shards: []admin.Shard{}}
	if !s.up.Load() {
		status.Waits = s.doing.String()
	}
	known := s.membership.known()
	places := map[uint64]place{}
	if s.logIsOpen.Load() {
		status.ID = s.journal.Cluster()
		status.Shards, places = s.shards(known)
	}
	links := s.linkStates()
	for _, m := range byName(known.Members) {
		status.Nodes = append(status.Nodes, s.nodeOf(m, stateOf(m, places[m.Replica], len(status.Shards)), places[m.Replica], links[m.Name]))
	}
	for _, m := range known.Left {
		p := places[m.Replica]
		if p.votes+p.joins == 0 {
			continue
		}
		state := links[m.Name]
		if _, replaced := known.Named(m.Name); replaced {
			state = link.State{}
		}
		status.Nodes = append(status.Nodes, s.nodeOf(m, admin.StateLeaving, p, state))
	}
	for _, name := range slices.Sorted(maps.Keys(known.Invitations)) {
		if known.Invited(name, s.opts.Clock()) {
			status.Nodes = append(status.Nodes, admin.Node{Name: name, State: admin.StateInvited})
		}
	}
	return status
}

func byName(members []roster.Member) []roster.Member {
	return slices.SortedFunc(slices.Values(members), func(a, b roster.Member) int { return cmp.Compare(a.Name, b.Name) })
}

// place is what a node has of the shards: how many it leads, votes in, and is being brought up to date in.
type place struct{ leads, votes, joins int }

// shards returns the shards, and what each replica has of them.
func (s *Server) shards(known roster.Roster) ([]admin.Shard, map[uint64]place) {
	names, places := map[uint64]string{}, map[uint64]place{}
	for _, m := range slices.Concat(known.Left, known.Members) {
		names[m.Replica] = m.Name
	}
	shards := make([]admin.Shard, s.opts.Shards+1)
	for i := range shards {
		shard := &shards[i]
		shard.Shard = uint32(i)
		leader, term, ok := s.journal.Leader(im.ShardID(i))
		if shard.Term = term; ok {
			shard.Leader = names[leader]
			count(places, leader, place{leads: 1})
		}
		voting, joining, _ := s.journal.Membership(im.ShardID(i))
		for _, r := range voting {
			count(places, r, place{votes: 1})
		}
		for _, r := range joining {
			count(places, r, place{joins: 1})
		}
	}
	return shards, places
}

func count(places map[uint64]place, replica uint64, more place) {
	p := places[replica]
	places[replica] = place{p.leads + more.leads, p.votes + more.votes, p.joins + more.joins}
}

// stateOf returns what a member is among so many shards.
func stateOf(m roster.Member, p place, shards int) string {
	switch {
	case m.Drained:
		return admin.StateDraining
	case p.votes < shards:
		return admin.StateJoining
	}
	return admin.StateMember
}

func (s *Server) nodeOf(m roster.Member, state string, p place, l link.State) admin.Node {
	node := admin.Node{
		Name: m.Name, State: state, Replica: m.Replica, Raft: m.Raft, Actor: m.Actor,
		Leads: p.leads, Votes: p.votes, Up: l.Up, Since: l.Since.Round(time.Millisecond),
	}
	if m.NodeHostID == s.dir.NodeHostID() {
		node.Up, node.Since = true, s.began.Round(time.Millisecond)
	}
	return node
}

// linkStates are the links to the peers, by name.
func (s *Server) linkStates() map[string]link.State {
	states := map[string]link.State{}
	for _, l := range s.links.States() {
		states[l.Name] = l
	}
	return states
}
