package server

import (
	"maps"
	"testing"

	"github.com/parley-im/parley/im"
)

// told is a cluster that remembers the last word on each shard, and how many there were in all.
type told struct {
	last  map[im.ShardID][2]uint64
	words int
}

func (c *told) LeaderChanged(shard im.ShardID, replica, term uint64) {
	c.last[shard] = [2]uint64{replica, term}
	c.words++
}

// Of the leaders that change before the cluster is there only the last of each shard is kept, however often they change;
// the cluster hears of each once, and of what comes later at once.
//
// Checked by breaking it: with a list of all that changed the cluster hears of 3,000.
func TestLeaders_KeepTheLastOfEachShardForTheCluster(t *testing.T) {
	t.Parallel()
	const shards, terms = 3, 1000
	var l leaders
	want := map[im.ShardID][2]uint64{}
	for term := range uint64(terms) {
		for shard := range im.ShardID(shards) {
			l.changed(shard, term%2, term+1)
			want[shard] = [2]uint64{term % 2, term + 1}
		}
	}
	if len(l.early) != shards {
		t.Errorf("%d are kept, want %d", len(l.early), shards)
	}
	c := &told{last: map[im.ShardID][2]uint64{}}
	l.attach(c)
	if c.words != shards || !maps.Equal(c.last, want) {
		t.Errorf("the cluster heard %d words, the last %v; want %d, %v", c.words, c.last, shards, want)
	}
	l.changed(1, 7, terms+1)
	if c.words != shards+1 || c.last[1] != [2]uint64{7, terms + 1} || len(l.early) != 0 {
		t.Errorf("the cluster heard %d words, the last on shard 1 %v, and %d are kept", c.words, c.last[1], len(l.early))
	}
}
