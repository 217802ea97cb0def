package eventlog

import "slices"

// group is who takes part in a shard's Raft group, by the ids of their replicas, as of one change of it.
type group struct {
	// id is the Raft index of the latest change, 0 as long as nothing is known. A change is asked for with it, and comes to
	// nothing when another was faster.
	id uint64
	// voting take part in elections and majorities, joining only get what the others have. removed are gone for good: Raft
	// never takes an id twice.
	voting, joining, removed []uint64
}

// of returns the id of a member's replica; 0 = it has none.
func (g *group) of(number uint64) (raft uint64) {
	for _, r := range slices.Concat(g.voting, g.joining) {
		if numberOf(r) == number {
			return r
		}
	}
	return 0
}

// next returns an id for a member's next replica.
func (g *group) next(number uint64) (raft uint64) {
	raft = raftReplica(number, 0)
	for _, r := range g.removed {
		if numberOf(r) == number && r >= raft {
			raft = raftReplica(number, lifeOf(r)+1)
		}
	}
	return raft
}

// ended reports whether a replica was removed.
func (g *group) ended(raft uint64) bool { return g.next(numberOf(raft)) > raft }

// numbers returns whose replicas these are.
func numbers(rafts []uint64) []uint64 {
	all := make([]uint64, len(rafts))
	for i, r := range rafts {
		all[i] = numberOf(r)
	}
	slices.Sort(all)
	return all
}

// change is one step of a group towards the members that it should have.
type change struct {
	kind changeKind
	// replica is the id of the replica that comes or goes.
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

// goal is who is to have a shard.
type goal struct {
	// holders are the members that are to have it, and voters those of them that are to vote, by number.
	holders []Member
	voters  []uint64
	// highest is the highest number that any member ever had, as far as this node has heard.
	highest uint64
}

// unwanted reports whether a replica is not to be there. Numbers above highest are of members that this node has not heard of
// yet.
func (t *goal) unwanted(raft uint64) bool {
	number := numberOf(raft)
	return number <= t.highest && !slices.ContainsFunc(t.holders, func(m Member) bool { return m.Replica == number })
}

// nextChange returns what self, the replica that leads a group, does next to bring it to its goal. Who is to have it is added at
// once and asks for its vote itself; who is joining and not to have it any more is removed at once. A voter that is not to have
// it any more stays as long as somebody is still to vote in its place, so that a node that is replaced leaves after its
// successor came.
func nextChange(self uint64, g group, to goal) change {
	for _, m := range to.holders {
		if g.of(m.Replica) == 0 {
			return change{kind: addJoining, replica: g.next(m.Replica), target: m.NodeHostID}
		}
	}
	if i := slices.IndexFunc(g.joining, to.unwanted); i >= 0 {
		return change{kind: remove, replica: g.joining[i]}
	}
	heirs, leaving, coming := g.sorted(self, to)
	switch {
	case len(leaving) <= coming:
	case leaving[0] != self:
		return change{kind: remove, replica: leaving[0]}
	case len(heirs) > 0:
		return change{kind: handOver}
	}
	return change{}
}

// sorted returns the voters that stay, but self; those that leave, self last; and how many are to vote and do not yet.
func (g *group) sorted(self uint64, to goal) (heirs, leaving []uint64, coming int) {
	for _, r := range g.voting {
		switch {
		case r == self:
		case to.unwanted(r):
			leaving = append(leaving, r)
		default:
			heirs = append(heirs, r)
		}
	}
	if to.unwanted(self) {
		leaving = append(leaving, self)
	}
	for _, r := range g.joining {
		if slices.Contains(to.voters, numberOf(r)) {
			coming++
		}
	}
	return heirs, leaving, coming
}
