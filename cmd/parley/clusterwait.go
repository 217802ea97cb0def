package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

var (
	// errNotYet is returned when something was waited for in vain.
	errNotYet = errors.New("not yet")
	// errNoAnswer is returned when no node answers.
	errNoAnswer = errors.New("no node answers")
)

// lookEvery is how often a node is asked whether something is so by now.
const lookEvery = 250 * time.Millisecond

// waitFlag adds --wait.
func waitFlag(wait *time.Duration) func(*flag.FlagSet) {
	return func(fs *flag.FlagSet) {
		fs.DurationVar(wait, "wait", *wait, "how long to wait until it is done, a `duration`; 0 = not at all")
	}
}

// await asks the node for the cluster until it is as it should be, and returns it. With wait = 0 it asks once and takes it as it is.
// errNotYet when it is not so in time.
func (c *adminClient) await(ctx context.Context, wait time.Duration, isSo func(admin.Cluster) bool) (admin.Cluster, error) {
	began := time.Now()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		got, err := c.cluster(ctx)
		switch {
		case err != nil:
			return got, err
		case wait == 0 || isSo(got):
			return got, nil
		case time.Since(began) >= wait:
			return got, errNotYet
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return got, ctx.Err()
		}
	}
}

// show writes what became of a node: as JSON what there is of it, else what say says.
func (c *adminClient) show(ctx context.Context, w io.Writer, name string, say func(io.Writer, admin.Cluster)) error {
	got, err := c.cluster(ctx)
	if err != nil {
		return err
	}
	if !c.asJSON {
		say(w, got)
		return nil
	}
	nodes := []admin.Node{}
	for _, n := range got.Nodes {
		if n.Name == name {
			nodes = append(nodes, n)
		}
	}
	return writeJSON(w, nodes)
}
