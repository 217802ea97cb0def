package eventlog

import "slices"

// group is who takes part in a shard's Raft group, by number, as of one change of it.
type group struct {
	// id is the Raft index of the latest change, 0 as long as nothing is known. A change is asked for with it, and comes to
	// nothing when another was faster.
	id uint64
	// voting take part in elections and majorities, joining only get what the others have. removed are gone for good: Raft
	// never takes a number twice.
	voting, joining, removed []uint64
}

func (g *group) has(replica uint64) bool {
	return slices.Contains(g.voting, replica) || slices.Contains(g.joining, replica)
}

// change is one step of a group towards the members that it should have.
type change struct {
	kind    changeKind
	replica uint64
	// target is the NodeHostID of who is added.
	target string
}

type changeKind int

const (
	// noChange says that all is as it should be, or must wait.
	noChange changeKind = iota
	// addJoining brings a member in. It does not vote yet.
	addJoining
	// remove takes a replica out.
	remove
	// handOver makes another replica lead, which then removes this one.
	handOver
)

// nextChange returns what the leader self of a group does next to bring it to the members. Who joins is added at once and
// asks for its vote itself; who is joining and no member any more is removed at once. A voter that is no member any more
// stays as long as somebody is still to vote in its place, so that a node that is replaced leaves after its successor came.
// Numbers above highest are of members that this node has not heard of yet.
func nextChange(self uint64, g group, members []Member, highest uint64) change {
	for _, m := range members {
		if !g.has(m.Replica) && !slices.Contains(g.removed, m.Replica) {
			return change{kind: addJoining, replica: m.Replica, target: m.NodeHostID}
		}
	}
	unwanted := func(r uint64) bool {
		return r <= highest && !slices.ContainsFunc(members, func(m Member) bool { return m.Replica == r })
	}
	if i := slices.IndexFunc(g.joining, unwanted); i >= 0 {
		return change{kind: remove, replica: g.joining[i]}
	}
	heirs, leaving, coming := g.sorted(self, members, unwanted)
	switch {
	case len(leaving) <= coming:
	case leaving[0] != self:
		return change{kind: remove, replica: leaving[0]}
	case len(heirs) > 0:
		return change{kind: handOver}
	}
	return change{}
}

// sorted returns the voters that stay, but self; those that leave, self last; and how many members do not vote yet.
func (g *group) sorted(self uint64, members []Member, unwanted func(uint64) bool) (heirs, leaving []uint64, coming int) {
	for _, r := range g.voting {
		switch {
		case r == self:
		case unwanted(r):
			leaving = append(leaving, r)
		default:
			heirs = append(heirs, r)
		}
	}
	if unwanted(self) {
		leaving = append(leaving, self)
	}
	for _, m := range members {
		if slices.Contains(g.joining, m.Replica) {
			coming++
		}
	}
	return heirs, leaving, coming
}
