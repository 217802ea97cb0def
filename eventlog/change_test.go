package eventlog

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What a leader does next, case by case.
//
// Checked by breaking it: without highest the newer member is removed, and when coming does not count the one that is
// replaced leaves first.
func TestNextChange_TakesOneStep(t *testing.T) {
	for claim, tc := range map[string]struct {
		group   group
		members []uint64
		highest uint64
		want    change
	}{
		"all is as it should be":  {group{voting: []uint64{1, 2, 3}}, []uint64{1, 2, 3}, 3, change{}},
		"who is missing is added": {group{voting: []uint64{1}}, []uint64{1, 2, 3}, 3, change{kind: addJoining, replica: 2, target: "id2"}},
		"the next one meanwhile":  {group{voting: []uint64{1}, joining: []uint64{2}}, []uint64{1, 2, 3}, 3, change{kind: addJoining, replica: 3, target: "id3"}},
		"who joins is waited for": {group{voting: []uint64{1}, joining: []uint64{2}}, []uint64{1, 2}, 2, change{}},
		"an id is not taken twice": {
			group{voting: []uint64{1, 3}, removed: []uint64{2, raftReplica(2, 1)}},
			[]uint64{1, 2, 3},
			3,
			change{kind: addJoining, replica: raftReplica(2, 2), target: "id2"},
		},
		"the second life of one is the member": {group{voting: []uint64{1, raftReplica(2, 1), 3}, removed: []uint64{2}}, []uint64{1, 2, 3}, 3, change{}},
		"who is not to vote holds up nobody": {
			group{voting: []uint64{1, 2, 3, 4, 5, 6}, joining: []uint64{7, 8}},
			[]uint64{1, 2, 3, 4, 5, 7, 8},
			8,
			change{kind: remove, replica: 6},
		},
		"who leaves is removed":           {group{voting: []uint64{1, 2, 3}}, []uint64{1, 2}, 3, change{kind: remove, replica: 3}},
		"who never came is removed":       {group{voting: []uint64{1}, joining: []uint64{2}}, []uint64{1}, 2, change{kind: remove, replica: 2}},
		"a successor is waited for":       {group{voting: []uint64{1, 2, 3}, joining: []uint64{4}}, []uint64{1, 2, 4}, 4, change{}},
		"and then the old one goes":       {group{voting: []uint64{1, 2, 3, 4}}, []uint64{1, 2, 4}, 4, change{kind: remove, replica: 3}},
		"two go and one comes":            {group{voting: []uint64{1, 2, 3}, joining: []uint64{4}}, []uint64{1, 4}, 4, change{kind: remove, replica: 2}},
		"who leads and leaves hands over": {group{voting: []uint64{1, 2, 3}}, []uint64{2, 3}, 3, change{kind: handOver}},
		"others leave first":              {group{voting: []uint64{1, 2, 3}}, []uint64{2}, 3, change{kind: remove, replica: 3}},
		"who is alone stays":              {group{voting: []uint64{1}}, []uint64{2}, 2, change{kind: addJoining, replica: 2, target: "id2"}},
		"and waits for its heir":          {group{voting: []uint64{1}, joining: []uint64{2}}, []uint64{2}, 2, change{}},
		"a newer member is left alone":    {group{voting: []uint64{1, 2, 4}, joining: []uint64{5}}, []uint64{1, 2}, 3, change{}},
	} {
		if got := nextChange(1, tc.group, goal{numbered(tc.members), VotersOf(tc.members), tc.highest}); got != tc.want {
			t.Errorf("%s: %+v, want %+v", claim, got, tc.want)
		}
	}
}

func numbered(replicas []uint64) []Member {
	var all []Member
	for _, r := range replicas {
		all = append(all, Member{Replica: r, NodeHostID: "id" + string(rune('0'+r))})
	}
	return all
}

// From any group, whoever leads it, the steps of its leaders and the votes that members ask for come to an end, where exactly
// the members vote; on the way there is always a voter, nobody comes back who was removed, and while somebody is still to
// come there never are fewer voters than there will be.
func TestNextChange_ComesToTheMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Uint64Range(1, 7)
		distinct := func(label string, least int) []uint64 {
			all := rapid.SliceOfNDistinct(number, least, 7, rapid.ID[uint64]).Draw(t, label)
			slices.Sort(all)
			return all
		}
		g := group{voting: distinct("voting", 1)}
		g.joining = slices.DeleteFunc(distinct("joining", 0), func(r uint64) bool { return slices.Contains(g.voting, r) })
		g.removed = slices.DeleteFunc(distinct("removed", 0), func(r uint64) bool { return g.of(r) != 0 })
		members := distinct("members", 1)
		leader := rapid.SampledFrom(g.voting).Draw(t, "leader")
		voters := VotersOf(members)
		least := min(len(g.voting), len(voters))
		for steps := 0; ; steps++ {
			if steps > 50 {
				t.Fatalf("it comes to no end: %+v, members %v", g, members)
			}
			c := nextChange(leader, g, goal{numbered(members), voters, 7})
			if len(g.voting) < least {
				t.Fatalf("only %v vote on the way to %v", g.voting, members)
			}
			switch c.kind {
			case addJoining:
				if g.of(numberOf(c.replica)) != 0 || g.ended(c.replica) {
					t.Fatalf("%d is added to %+v", c.replica, g)
				}
				g.joining = append(g.joining, c.replica)
			case remove:
				if c.replica == leader || slices.Contains(members, numberOf(c.replica)) {
					t.Fatalf("%d is removed by %d, members are %v", c.replica, leader, members)
				}
				g.voting, g.joining = without(g.voting, c.replica), without(g.joining, c.replica)
				g.removed = append(g.removed, c.replica)
			case handOver:
				leader = rapid.SampledFrom(slices.DeleteFunc(slices.Clone(g.voting), func(r uint64) bool {
					return !slices.Contains(members, numberOf(r))
				})).Draw(t, "heir")
			case noChange:
				asking := slices.DeleteFunc(slices.Clone(g.joining), func(r uint64) bool { return !slices.Contains(voters, numberOf(r)) })
				if len(asking) == 0 {
					if in := numbers(slices.Concat(g.voting, g.joining)); !slices.Equal(in, members) || len(g.voting) < len(voters) {
						t.Fatalf("%v vote and %v join in the end, members are %v", g.voting, g.joining, members)
					}
					return
				}
				r := rapid.SampledFrom(asking).Draw(t, "votes")
				g.joining, g.voting = without(g.joining, r), append(g.voting, r)
			}
		}
	})
}

func without(all []uint64, r uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(all), func(x uint64) bool { return x == r })
}
