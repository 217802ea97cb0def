package server

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/transport/admin"
)

// A member is joining while it votes in fewer shards than it is to. Of more than three members none is to vote in all shards, so
// a vote in each of its own is enough; a replica without a vote is none.
//
// Checked by breaking it: it fails when all shards are wanted of each member, and when replicas without a vote count.
func TestStateOf_AsksForTheVotesThatAMemberIsToHave(t *testing.T) {
	t.Parallel()
	const shards = 16
	var members []roster.Member
	for n := 1; n <= roster.MaxMembers; n++ {
		members = append(members, roster.Member{Name: fmt.Sprintf("node%d", n), Replica: uint64(3 * n)})
		assigned := map[uint64]place{}
		for i, of := range voters(members, shards) {
			if want := min(n, 3); i > 0 && len(of) != want || i == 0 && len(of) != min(n, 5) {
				t.Errorf("of %d members %v are to vote in shard %d", n, of, i)
			}
			count(assigned, place{assigned: 1}, of...)
		}
		for _, m := range members {
			p := assigned[m.Replica]
			if n > 5 && p.assigned > shards/2+2 || n <= 3 && p.assigned != shards+1 {
				t.Errorf("of %d members %s is to vote in %d shards", n, m.Name, p.assigned)
			}
			p.votes = p.assigned
			wantState(t, m, p, admin.StateMember)
			p.votes, p.joins = p.votes-1, 1
			wantState(t, m, p, admin.StateJoining)
			m.Drained = true
			wantState(t, m, p, admin.StateDraining)
		}
	}
}

func wantState(t *testing.T, m roster.Member, p place, want string) {
	t.Helper()
	if got := stateOf(m, p); got != want {
		t.Errorf("%s with %+v is %s, want %s", m.Name, p, got, want)
	}
}
