package eventlog

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whoever the members are, each has the cluster's own shard, each other shard is with three of them, and no member has more
// than its share. It does not matter in which order the members are given.
//
// Checked by breaking it: without room a member gets twice its share, and one more when nobody comes first.
func TestAssignment_GivesEachShardToThree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 99), 1, 9, rapid.ID[uint64]).Draw(t, "members")
		shards := rapid.Uint32Range(1, 64).Draw(t, "shards")
		of := Assignment(members, shards)
		slices.Reverse(members)
		again := Assignment(members, shards)
		slices.Sort(members)
		if len(of) != int(shards)+1 || !slices.Equal(of[0], members) {
			t.Fatalf("%d shards, the cluster's own is with %v", len(of), of[0])
		}
		has := map[uint64]int{}
		for s, holders := range of[1:] {
			if !slices.Equal(holders, again[s+1]) {
				t.Fatalf("shard %d is with %v, or with %v", s+1, holders, again[s+1])
			}
			if !slices.IsSorted(holders) || len(slices.Compact(slices.Clone(holders))) != min(3, len(members)) {
				t.Fatalf("shard %d is with %v", s+1, holders)
			}
			for _, m := range holders {
				has[m]++
			}
		}
		share := (min(3, len(members))*int(shards) + len(members) - 1) / len(members)
		for m, n := range has {
			if !slices.Contains(members, m) || n > share {
				t.Fatalf("of %d shards member %d of %v has %d", shards, m, members, n)
			}
		}
	})
}

// When a member comes, goes, or is replaced, few shards move that need not: of the 48 places of sixteen shards a newcomer takes
// its share, and at most as many again change hands.
func TestAssignment_MovesLittle(t *testing.T) {
	for _, tc := range []struct {
		before, after []uint64
	}{
		{[]uint64{1, 2, 3}, []uint64{1, 2, 3, 4}},
		{[]uint64{1, 2, 3, 4}, []uint64{1, 2, 3, 4, 5}},
		{[]uint64{1, 2, 3, 4, 5}, []uint64{1, 2, 4, 5}},
		{[]uint64{1, 2, 3, 4, 5}, []uint64{1, 2, 4, 5, 6}},
		{[]uint64{1, 2, 3, 4, 5, 6, 7}, []uint64{1, 2, 3, 4, 5, 6, 8}},
	} {
		before, after := Assignment(tc.before, 16), Assignment(tc.after, 16)
		came := 0
		for s := range before[1:] {
			for _, m := range after[s+1] {
				if !slices.Contains(before[s+1], m) {
					came++
				}
			}
		}
		n := min(len(tc.before), len(tc.after))
		share := (48 + n - 1) / n
		t.Logf("%v -> %v: %d of 48 places change hands", tc.before, tc.after, came)
		if came > 2*share {
			t.Errorf("%v -> %v: %d of 48 places change hands, want at most %d", tc.before, tc.after, came, 2*share)
		}
	}
}

func TestVotersOf_AreTheFirstFive(t *testing.T) {
	for _, tc := range []struct{ holders, want []uint64 }{
		{[]uint64{3, 1}, []uint64{1, 3}},
		{[]uint64{9, 8, 7, 6, 5, 4, 3}, []uint64{3, 4, 5, 6, 7}},
	} {
		if got := VotersOf(tc.holders); !slices.Equal(got, tc.want) {
			t.Errorf("of %v %v vote, want %v", tc.holders, got, tc.want)
		}
	}
}
