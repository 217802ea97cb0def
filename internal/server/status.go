package server

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/parley-im/parley/cluster/link"
	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/eventlog"
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
		status.Nodes = append(status.Nodes, s.nodeOf(m, stateOf(m, places[m.Replica]), places[m.Replica], links[m.Name]))
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

// place is what a node has of the shards: how many it leads, votes in, and has without a vote; and in how many it is to vote.
type place struct{ leads, votes, joins, assigned int }

// shards returns the shards, and what each replica has of them.
func (s *Server) shards(known roster.Roster) ([]admin.Shard, map[uint64]place) {
	names, places := map[uint64]string{}, map[uint64]place{}
	for _, m := range slices.Concat(known.Left, known.Members) {
		names[m.Replica] = m.Name
	}
	assigned := voters(known.Members, uint32(s.opts.Shards))
	shards := make([]admin.Shard, s.opts.Shards+1)
	for i := range shards {
		shard := &shards[i]
		shard.Shard = uint32(i)
		leader, term, ok := s.journal.Leader(im.ShardID(i))
		if shard.Term = term; ok {
			shard.Leader = names[leader]
			count(places, place{leads: 1}, leader)
		}
		voting, joining, _ := s.journal.Membership(im.ShardID(i))
		count(places, place{votes: 1}, voting...)
		count(places, place{joins: 1}, joining...)
		count(places, place{assigned: 1}, assigned[i]...)
		shard.Replicas, shard.Joining, shard.Assigned = named(names, voting), named(names, joining), named(names, assigned[i])
	}
	return shards, places
}

// voters returns who of the members is to vote in each shard.
func voters(members []roster.Member, shards uint32) [][]uint64 {
	of := holders(members, shards)
	for i := range of {
		of[i] = eventlog.VotersOf(of[i])
	}
	return of
}

// holders returns who of the members is to have each shard.
func holders(members []roster.Member, shards uint32) [][]uint64 {
	var numbers []uint64
	for _, m := range members {
		numbers = append(numbers, m.Replica)
	}
	return eventlog.Assignment(numbers, shards)
}

// named returns the names of replicas, of those that have none the numbers, in alphabetical order.
func named(names map[uint64]string, replicas []uint64) []string {
	list := make([]string, 0, len(replicas))
	for _, r := range replicas {
		list = append(list, cmp.Or(names[r], strconv.FormatUint(r, 10))) // the roster may be behind the groups
	}
	slices.Sort(list)
	return list
}

func count(places map[uint64]place, more place, replicas ...uint64) {
	for _, r := range replicas {
		p := places[r]
		places[r] = place{p.leads + more.leads, p.votes + more.votes, p.joins + more.joins, p.assigned + more.assigned}
	}
}

// stateOf returns what a member is that has so much.
func stateOf(m roster.Member, p place) string {
	switch {
	case m.Drained:
		return admin.StateDraining
	case p.votes < p.assigned:
		return admin.StateJoining
	}
	return admin.StateMember
}

func (s *Server) nodeOf(m roster.Member, state string, p place, l link.State) admin.Node {
	node := admin.Node{
		Name: m.Name, State: state, Replica: m.Replica, Raft: m.Raft, Actor: m.Actor,
		Leads: p.leads, Votes: p.votes, Assigned: p.assigned, Holds: p.votes + p.joins, Up: l.Up, Since: l.Since.Round(time.Millisecond),
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
