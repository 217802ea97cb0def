package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-im/parley/internal/server"
	"github.com/parley-im/parley/transport/admin"
)

// replica is what one node has of all shards.
type replica struct {
	// From is the data directory or URL that it was read from.
	From string `json:"from"`
	admin.Digests
	// name is the node's name; From, when others have that name too.
	name string
	// moved are the shards that went on while the nodes were asked again and again, and were never caught at one index.
	moved map[uint32]bool
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
		replicas = append(replicas, replica{From: dirs[i], Digests: d})
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
		if first := &replicas[0]; r.Cluster != first.Cluster || len(r.Shards) != len(first.Shards) {
			return fmt.Errorf("%s is of cluster %s with %s, %s of %s with %s: there is nothing to compare",
				first.From, first.Cluster, plural(len(first.Shards), "shard"), r.From, r.Cluster, plural(len(r.Shards), "shard"))
		}
	}
	return nil
}
