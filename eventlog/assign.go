package eventlog

import (
	"cmp"
	"slices"
)

const (
	// replication is how many members have a shard that holds actors, where there are as many.
	replication = 3
	// maxVoters is how many vote in a shard at most. More would only make a majority slower.
	maxVoters = 5
)

// Assignment returns which members, by number, are to have each of the shards 0..shards: all of them the cluster's own shard, and
// three each of the others, or all where there are no more. It depends on nothing else, so all nodes that know the same
// members come to the same. Members have as many shards as each other, but for a few; and when one comes or goes little else
// moves: each shard takes those whose weight in it is highest (rendezvous hashing, Thaler and Ravishankar 1998) and who are
// not full.
func Assignment(members []uint64, shards uint32) [][]uint64 {
	all := slices.Sorted(slices.Values(members))
	of := make([][]uint64, shards+1)
	of[0] = all
	room := map[uint64]int{}
	for _, m := range all {
		room[m] = (replication*int(shards) + len(all) - 1) / max(1, len(all))
	}
	for s := uint32(1); s <= shards; s++ {
		if of[s] = all; len(all) > replication {
			of[s] = choose(all, s, room, int(shards-s)+1)
		}
	}
	return of
}

// choose returns those who are to have a shard, and takes their room. left is how many shards are to be given away yet, this one
// included: who has room for all of them comes first, since nobody else would fill it.
func choose(members []uint64, shard uint32, room map[uint64]int, left int) []uint64 {
	rank := func(m uint64) int { return min(room[m], 1) + max(0, min(room[m]-left+1, 1)) }
	byWeight := slices.Clone(members)
	slices.SortFunc(byWeight, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(weight(b, shard), weight(a, shard)), cmp.Compare(a, b))
	})
	chosen := byWeight[:replication]
	for _, m := range chosen {
		room[m]--
	}
	slices.Sort(chosen)
	return chosen
}

// weight is what a member counts for in a shard: splitmix64 of both.
func weight(member uint64, shard uint32) uint64 {
	z := member<<32 + uint64(shard) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// VotersOf returns who of those who are to have a shard is to vote in it: the first five. The others get what those have.
func VotersOf(holders []uint64) []uint64 {
	voters := slices.Sorted(slices.Values(holders))
	return voters[:min(len(voters), maxVoters)]
}
