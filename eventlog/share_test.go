package eventlog

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/parley-im/parley/im"
)

// However leaders are spread at first, and whoever is dead, live nodes that look at the same moment end with shares that
// differ by one at most, after a few looks, and then move nothing any more. It plays the nodes: all look, then all that
// they ask for happens, but for some transfers that come to nothing.
//
// Checked by breaking it: when a lead of one is enough, nodes swap shards for ever.
func TestFairShare_SettlesAndStays(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		members := make([]uint64, 1+rng.IntN(5))
		for i := range members {
			members[i] = uint64(i + 1)
		}
		live := slices.DeleteFunc(slices.Clone(members), func(r uint64) bool { return r > 1 && rng.IntN(3) == 0 })
		leaders := make([]uint64, 1+rng.IntN(64))
		for i := range leaders {
			leaders[i] = live[min(rng.IntN(len(live)), rng.IntN(len(live)))]
		}
		looks := 0
		for ; playLook(rng, members, live, leaders, everywhere(members, len(leaders))); looks++ {
			if looks > 60 {
				t.Fatalf("seed %d: %d of %d nodes still move shards: %v", seed, len(live), len(members), leaders)
			}
		}
		counts := make(map[uint64]int)
		for _, r := range leaders {
			counts[r]++
		}
		for _, r := range live {
			if n, least := counts[r], len(leaders)/len(live); n < least || n > least+1 {
				t.Fatalf("seed %d: %v for nodes %v", seed, counts, live)
			}
		}
	}
}

// everywhere says that all members have all shards.
func everywhere(members []uint64, shards int) [][]uint64 {
	return slices.Repeat([][]uint64{members}, shards+1)
}

// Where each shard is with three of more members it is so, too, but that shares may differ by two: who leads least may have none
// of what the others lead.
func TestFairShare_SettlesWithThreeOfMany(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		members := []uint64{1, 2, 3, 4, 5, 6, 7}[:4+rng.IntN(4)]
		shards := 8 + rng.IntN(57)
		of := Assignment(members, uint32(shards))
		leaders := make([]uint64, shards)
		for i := range leaders {
			leaders[i] = of[i+1][min(rng.IntN(3), rng.IntN(3))]
		}
		for looks := 0; playLook(rng, members, members, leaders, of); looks++ {
			if looks > 100 {
				t.Fatalf("seed %d: %d nodes still move shards: %v", seed, len(members), leaders)
			}
		}
		counts := make(map[uint64]int)
		for i, r := range leaders {
			if counts[r]++; !slices.Contains(of[i+1], r) {
				t.Fatalf("seed %d: node %d leads shard %d, which is with %v", seed, r, i+1, of[i+1])
			}
		}
		for _, r := range members {
			if n, least := counts[r], shards/len(members); n < least-1 || n > least+2 {
				t.Fatalf("seed %d: %v", seed, counts)
			}
		}
	}
}

// playLook reports whether anybody asked for anything. Shards are with those that of says.
func playLook(rng *rand.Rand, members, live, leaders []uint64, of [][]uint64) bool {
	seen := slices.Clone(leaders)
	asked := false
	for _, r := range live {
		votes := func(s im.ShardID) bool { return slices.Contains(of[s], r) }
		for _, s := range fairShare(r, members, seen, votes) {
			asked = true
			if rng.IntN(10) > 0 {
				leaders[s-1] = r
			}
		}
	}
	return asked
}

// Nothing is taken while a shard has no leader, and three nodes of which one leads sixteen ask for five each, not the same.
func TestFairShare_TakesItsPart(t *testing.T) {
	members, leaders := []uint64{1, 2, 3}, slices.Repeat([]uint64{1}, 16)
	votes := func(im.ShardID) bool { return true }
	two, three := fairShare(2, members, leaders, votes), fairShare(3, members, leaders, votes)
	if got, want := fmt.Sprint(two, three), "[2 5 8 11 14] [3 6 9 12 15]"; got != want {
		t.Errorf("nodes 2 and 3 take %s, want %s", got, want)
	}
	if got := fairShare(1, members, leaders, votes); got != nil {
		t.Errorf("node 1 takes %v", got)
	}
	leaders[7] = 0
	if got := fairShare(2, members, leaders, votes); got != nil {
		t.Errorf("during an election node 2 takes %v", got)
	}
}

// A shard that could not be taken is left alone for a while that grows, up to a bound; and a node that drains takes none.
//
// Checked by breaking it: without next in look the shard is asked for at each, and without off in spite of it.
func TestBalancer_LeavesAloneWhatItDoesNotGet(t *testing.T) {
	asked := 0
	b := balancer{
		tries: make(map[im.ShardID]try), logger: slog.New(slog.DiscardHandler), off: new(atomic.Bool),
		self: 2, members: func() []uint64 { return []uint64{1, 2} }, votes: func(im.ShardID) bool { return true },
		leaders: func() []uint64 { return []uint64{1, 1} },
		take:    func(im.ShardID) error { asked++; return errClosed },
	}
	for range 10 {
		b.look()
	}
	if asked < 2 || asked > 5 {
		t.Errorf("in 10 looks it asked %d times, want a few", asked)
	}
	for range 1000 {
		b.look()
	}
	if most := 1000 / maxTakePause; asked > most+10 || asked < most/2 {
		t.Errorf("in 1,000 looks more it asked %d times, want about %d", asked, most)
	}
	b.off.Store(true)
	before := asked
	for range 1000 {
		b.look()
	}
	if asked > before {
		t.Error("it asked while it drained")
	}
	b.off.Store(false)
	b.leaders = func() []uint64 { return []uint64{1, 2} }
	b.look()
	if len(b.tries) > 0 {
		t.Errorf("it still holds against %v that they could not be had", b.tries)
	}
}
