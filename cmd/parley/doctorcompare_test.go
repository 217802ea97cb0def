package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/transport/admin"
)

// held makes what a node has of a shard. A digest is written "entries/heads".
func held(shard uint32, applied uint64, digest string) admin.Digest {
	entries, heads, _ := strings.Cut(digest, "/")
	return admin.Digest{
		Shard: shard, Applied: applied, Digest: digest, Bytes: 1536, Entries: 12,
		Tables: []admin.TableDigest{{Table: "entries", Digest: entries}, {Table: "heads", Digest: heads}},
	}
}

// nodes makes what nodes of a cluster have, that has as many shards as one of them names.
func nodes(shards ...[]admin.Digest) []replica {
	most := func(lists [][]admin.Digest) (of int) {
		for _, d := range slices.Concat(lists...) {
			of = max(of, int(d.Shard)+1)
		}
		return of
	}
	var all []replica
	for i, s := range shards {
		name := fmt.Sprintf("node%d", i+1)
		all = append(all, replica{From: "/data/" + name, name: name, Digests: admin.Digests{Cluster: "5e1f", Node: name, Of: most(shards), Shards: s}})
	}
	return all
}

// What people read, for each way in which replicas may compare.
//
// Checked by breaking it: it fails when replicas are compared at different indexes, when one that is damaged counts as one that
// has less, and when the largest group does not come first.
func TestVerification_SaysHowReplicasCompare(t *testing.T) {
	t.Parallel()
	broken := held(5, 0, "")
	broken.Error = "/data/node3/store/000012.sst is damaged: checksum mismatch"
	replicas := nodes(
		[]admin.Digest{held(0, 3, "a/a"), held(1, 9, "x/a"), held(2, 8, "a/a"), held(3, 4, "a/a"), held(4, 5, "a/a"), held(5, 7, "a/a"), held(6, 0, "")},
		[]admin.Digest{held(0, 3, "a/a"), held(1, 9, "a/a"), held(2, 7, "b/b"), held(3, 4, "b/c"), held(4, 6, "b/b"), held(5, 7, "a/a"), held(6, 0, "")},
		[]admin.Digest{held(0, 3, "a/a"), held(1, 9, "a/a"), held(2, 8, "a/a"), held(3, 2, "c/c"), held(4, 7, "c/c"), broken, held(6, 0, "")},
	)
	for i := range replicas {
		replicas[i].moved = map[uint32]bool{4: true}
	}
	found := compare(replicas)
	var got bytes.Buffer
	if err := writeVerification(&got, replicas, found); err != nil {
		t.Fatal(err)
	}
	const want = `cluster 5e1f
node1: /data/node1
node2: /data/node2
node3: /data/node3

SHARD   APPLIED   DIGEST   SIZE      ENTRIES   REPLICAS   NODES
0       3         a/a      1.5 KiB   12        3          node1, node2, node3
1       9         a/a      1.5 KiB   12        3          node2, node3: different
1       9         x/a      1.5 KiB   12        3          node1: different in entries
2       8         a/a      1.5 KiB   12        3          node1, node3
2       7         b/b      1.5 KiB   12        3          node2: behind
3       4         a/a      1.5 KiB   12        3          node1: different
3       4         b/c      1.5 KiB   12        3          node2: different in entries, heads
3       2         c/c      1.5 KiB   12        3          node3: behind
4       7         c/c      1.5 KiB   12        3          node3
4       6         b/b      1.5 KiB   12        3          node2: moving
4       5         a/a      1.5 KiB   12        3          node1: moving
5       7         a/a      1.5 KiB   12        3          node1, node2
5       0         -        1.5 KiB   12        3          node3: cannot be read
6       0         -        1.5 KiB   12        3          node1, node2, node3

7 shards on 3 nodes: 2 the same on all of them; 1 cannot be read (shard 5); 2 differ (shards 1, 3); ` +
		`2 behind on some, which have not applied as much yet (shards 2, 3); 1 never caught at one index: ask again when less is written (shard 4)
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	const complaints = "replicas differ in shards 1, 3; shard 5 of node3 cannot be read: /data/node3/store/000012.sst is damaged: checksum mismatch"
	if err := complaint(nil, found); fmt.Sprint(err) != complaints {
		t.Errorf("the error is %v, want %s", err, complaints)
	}
}

// Replicas that are the same, or merely behind, are no failure; one alone is only read.
func TestVerification_IsNoFailureWithoutADifference(t *testing.T) {
	t.Parallel()
	one := []admin.Digest{held(0, 3, "a/a"), held(1, 9, "a/a")}
	for _, tt := range []struct {
		replicas []replica
		want     string
	}{
		{nodes(one), "2 shards on 1 node: 2 read"},
		{nodes(one, one), "2 shards on 2 nodes: 2 the same on all of them"},
		{
			nodes(one, []admin.Digest{held(0, 3, "a/a"), held(1, 0, "")}),
			"2 shards on 2 nodes: 1 the same on all of them; 1 behind on some, which have not applied as much yet (shard 1)",
		},
	} {
		found := compare(tt.replicas)
		if err := complaint(nil, found); err != nil {
			t.Error(err)
		}
		if got := summary(tt.replicas, found); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// A node that has no replica of a shard is no difference: what the others have is compared. It is said on how many replicas each shard
// was compared, and which were compared on fewer than there are to be; what one alone has, or none, is not called the same.
//
// Checked by breaking it: it fails when a node without a replica counts as one that has nothing, and when shards are looked for by
// their place.
func TestVerification_ComparesThoseThatHaveAShard(t *testing.T) {
	t.Parallel()
	has := func(assigned int, shards ...uint32) (list []admin.Digest) {
		for _, s := range shards {
			d := held(s, 7, "a/a")
			if d.Assigned = 3; s == 0 {
				d.Assigned = assigned
			}
			list = append(list, d)
		}
		return list
	}
	four := nodes(has(4, 0, 1, 2, 3, 4), has(4, 0, 1, 2, 4), has(4, 0, 1, 3, 4), has(4, 0, 2, 3))
	for _, tt := range []struct {
		replicas []replica
		want     string
	}{
		{four, "5 shards on 4 nodes: 5 the same on the 3 to 4 that have them"},
		{nodes(has(4, 0, 1, 2, 3, 4), has(0, 1, 2, 4), has(4, 0, 1, 3, 4), has(0, 2, 3)), "5 shards on 4 nodes: 5 the same on the 2 to 3 that have them; " +
			"1 compared on fewer replicas than there are to be: look at all nodes, or wait until they have caught up (shard 0)"},
		{four[1:3], "5 shards on 2 nodes: 3 the same on all of them, 2 read on one node alone; " +
			"5 compared on fewer replicas than there are to be: look at all nodes, or wait until they have caught up (shards 0, 1, 2, 3, 4)"},
		{four[3:], "5 shards on 1 node: 3 read; 2 on none of these nodes (shards 1, 4); " +
			"3 compared on fewer replicas than there are to be: look at all nodes, or wait until they have caught up (shards 0, 2, 3)"},
	} {
		found := compare(tt.replicas)
		if err := complaint(nil, found); err != nil {
			t.Error(err)
		}
		if got := summary(tt.replicas, found); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	var got bytes.Buffer
	if err := writeVerification(&got, four, compare(four)); err != nil || !strings.Contains(got.String(), "\n0       7         a/a      1.5 KiB   12        4/4        node1, node2, node3, node4\n"+
		"1       7         a/a      1.5 KiB   12        3/3        node1, node2, node3\n") {
		t.Errorf("%v, wrote\n%s", err, got.String())
	}
}

// Two replicas that have different tables at all differ in those.
func TestDiffering_NamesTablesThatOneLacks(t *testing.T) {
	t.Parallel()
	a := admin.Digest{Tables: []admin.TableDigest{{Table: "x", Digest: "1"}, {Table: "both", Digest: "1"}}}
	b := admin.Digest{Tables: []admin.TableDigest{{Table: "both", Digest: "1"}, {Table: "a", Digest: "1"}}}
	if got := fmt.Sprint(differing(&a, &b)); got != "[a x]" {
		t.Errorf("got %s, want [a x]", got)
	}
}
