package store

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
)

// manyShards are enough to be split in many ways.
const manyShards = 6

// TestSearchKeys_MergeToWhatSearchFinds draws records and queries, splits the shards among nodes in some way, merges what these
// find page by page, and holds every page of the merged to what one search of all shards finds. The pages that the nodes answer
// with are as small as can be, also because there is little room to sort.
//
// Checked by breaking it: it fails if from does not go on beyond the key that it is given; if keyPage does not say that more
// follows what did not fit; if newOrder is not what CompareKeys goes by; if valueOf does not read numbers.
func TestSearchKeys_MergeToWhatSearchFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := Open("store", Options{Shards: manyShards, Bucket: testBucket, FS: vfs.NewMem(), CacheBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}()
		publishRapid(t, s)
		for range 4 {
			q := drawQuery(t)
			split := drawSplit(t)
			q.Skip, q.Limit = 0, 100
			n := len(searchRapid(t, s, q))
			for q.Skip = range n + 2 {
				q.Limit = rapid.IntRange(1, n+1).Draw(t, "limit")
				keys := mergeKeys(t, s, q, split)
				got, err := s.Records(q.App, q.Kind, keys, forEver)
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("search %+v of %v", q, split), fmt.Sprint(got), fmt.Sprint(searchRapid(t, s, q)))
			}
		}
	})
}

// publishRapid draws records of some rooms.
func publishRapid(t *rapid.T, s *Store) {
	t.Helper()
	shards := map[im.ShardID]*Shard{}
	for i := range rapid.IntRange(0, 14).Draw(t, "rooms") {
		a := im.Room("app", im.RoomID(fmt.Sprint(i)))
		id := s.ShardOf(a)
		if shards[id] == nil {
			shards[id] = s.Shard(id)
		}
		cmd := appendCmd(im.Append{Addr: a, Entries: []im.Entry{{TS: 1}}, Record: drawRecord(t)})
		if _, err := shards[id].Update([]Committed{{uint64(i + 1), cmd}}); err != nil {
			t.Fatal(err)
		}
	}
}

// drawSplit says which of some nodes answers for which shards.
func drawSplit(t *rapid.T) [][]im.ShardID {
	split := make([][]im.ShardID, rapid.IntRange(1, manyShards).Draw(t, "nodes"))
	for id := range im.ShardID(manyShards) {
		n := rapid.IntRange(0, len(split)-1).Draw(t, "node")
		split[n] = append(split[n], id+1)
	}
	return split
}

// everyShard names manyShards.
var everyShard = []im.ShardID{1, 2, 3, 4, 5, 6}

func searchRapid(t *rapid.T, s *Store, q im.Query) []im.Found {
	found, err := s.Search(&q, everyShard, forEver)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// keyPages is what one node finds, page by page.
type keyPages struct {
	shards []im.ShardID
	page   []im.FoundKey
	last   *im.FoundKey
	more   bool
}

// mergeKeys returns the keys of the page that q asks for.
func mergeKeys(t *rapid.T, s *Store, q im.Query, split [][]im.ShardID) (page []im.FoundKey) {
	var nodes []*keyPages
	for _, shards := range split {
		nodes = append(nodes, &keyPages{shards: shards, more: true})
	}
	for skip := q.Skip; len(page) < q.Limit; skip-- {
		var first *keyPages
		for _, n := range nodes {
			n.fill(t, s, q)
			if len(n.page) > 0 && (first == nil || CompareKeys(&q, &n.page[0], &first.page[0]) < 0) {
				first = n
			}
		}
		if first == nil {
			break
		}
		if skip <= 0 {
			page = append(page, first.page[0])
		}
		first.page = first.page[1:]
	}
	return page
}

// fill asks for the next page when there is none, and checks that it is one.
func (n *keyPages) fill(t *rapid.T, s *Store, q im.Query) {
	if len(n.page) > 0 || !n.more {
		return
	}
	var err error
	follows := n.last != nil
	limit := rapid.IntRange(1, 5).Draw(t, "keys")
	if rapid.Bool().Draw(t, "little room") {
		limit, err = n.ask(t, s, q, limit)
	} else {
		n.page, n.more, err = s.SearchKeys(&q, n.shards, n.last, limit, forEver)
	}
	if err != nil || len(n.page) > limit || len(n.page) == 0 && (n.more || follows) {
		t.Fatalf("after %v: %v, more %v, %v, want %d at most", n.last, n.page, n.more, err, limit)
	}
	for i := range n.page {
		k := &n.page[i]
		if err := CheckKey(&q, k); err != nil {
			t.Fatalf("%v: %v", k, err)
		}
		if n.last != nil && (CompareKeys(&q, n.last, k) != -1 || CompareKeys(&q, k, n.last) != 1) || CompareKeys(&q, k, k) != 0 {
			t.Fatalf("%v follows %v", k, n.last)
		}
		n.last = k
	}
}

// ask does what SearchKeys does, with little room.
func (n *keyPages) ask(t *rapid.T, s *Store, q im.Query, limit int) (most int, _ error) {
	p, ok := newPlan(&q)
	if !ok {
		n.page, n.more = nil, false
		return limit, nil
	}
	r := s.newSearch(p, n.shards, forEver)
	r.maxTop, r.maxTopBytes = rapid.IntRange(1, 4).Draw(t, "room"), rapid.SampledFrom([]int{1, 400, 1 << 20}).Draw(t, "bytes")
	var err error
	n.page, n.more, err = r.keys(n.last, limit)
	if cerr := r.close(); cerr != nil {
		t.Fatal(cerr)
	}
	return min(limit, r.maxTop), err
}
