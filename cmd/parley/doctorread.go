package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-im/parley/internal/server"
	"github.com/parley-im/parley/transport/admin"
)

// replica is what one node has of the shards.
type replica struct {
	// From is the data directory or URL that it was read from.
	From string `json:"from"`
	admin.Digests
	// Damaged has a line for each file of a directory's Raft log that is not what was written.
	Damaged []string `json:"damaged,omitempty"`
	// read says that the Raft log was read: it is not of a node that runs.
	read bool
	// name is the node's name; From, when others have that name too.
	name string
	// moved are the shards that went on while the nodes were asked again and again, and were never caught at one index.
	moved map[uint32]bool
}

// held returns what the node has of a shard, nil if it has no replica of it.
func (r *replica) held(shard uint32) *admin.Digest {
	i := slices.IndexFunc(r.Shards, func(d admin.Digest) bool { return d.Shard == shard })
	if i < 0 {
		return nil
	}
	return &r.Shards[i]
}

// put replaces what the node has of a shard; none = it has no replica of it any more.
func (r *replica) put(shard uint32, held []admin.Digest) {
	r.Shards = slices.DeleteFunc(r.Shards, func(d admin.Digest) bool { return d.Shard == shard })
	r.Shards = append(r.Shards, held...)
	slices.SortFunc(r.Shards, func(a, b admin.Digest) int { return cmp.Compare(a.Shard, b.Shard) })
}

// readDirs reads what is in data directories. It takes them all before it reads the first, which may take long.
func readDirs(ctx context.Context, dirs []string) (_ []replica, err error) {
	var nodes []*server.StoppedNode
	defer func() {
		for _, n := range nodes {
			err = errors.Join(err, n.Close())
		}
	}()
	for _, dir := range dirs {
		n, err := server.OpenStopped(dir)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	var replicas []replica
	for i, n := range nodes {
		d, err := n.Digests(ctx)
		if err != nil {
			return nil, err
		}
		replicas = append(replicas, replica{From: dirs[i], Digests: d, Damaged: n.Damaged(), read: true})
	}
	return replicas, identify(replicas)
}

// identify gives each replica a name. It refuses replicas of several clusters.
func identify(replicas []replica) error {
	count := map[string]int{}
	for i := range replicas {
		count[replicas[i].Node]++
	}
	for i := range replicas {
		r := &replicas[i]
		if r.name = r.Node; count[r.Node] > 1 {
			r.name = r.From
		}
		if first := &replicas[0]; r.Cluster != first.Cluster || r.Of != first.Of {
			return fmt.Errorf("%s is of cluster %s with %s, %s of %s with %s: there is nothing to compare",
				first.From, first.Cluster, plural(first.Of, "shard"), r.From, r.Cluster, plural(r.Of, "shard"))
		}
	}
	return nil
}
