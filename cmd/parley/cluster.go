package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

const clusterUsage = `Usage: parley cluster status                   the nodes of a cluster as one of them, running, sees it
       parley cluster add NAME                 let a new node of that name join
       parley cluster replace NAME             let a new node take the place of one whose data is lost
       parley cluster remove NAME              end a node's membership, or its invitation
       parley cluster drain NAME [--undo]      have a node hand over what it leads, and let its clients go
       parley cluster transfer SHARD NAME      have a node lead a shard

All of them ask a running node, and any will do. 'parley cluster VERB --help' lists flags.
`

// cluster runs `parley cluster VERB`.
func cluster(ctx context.Context, args []string, e env) error {
	verbs := map[string]func(context.Context, []string, env) error{
		"status": clusterStatus, "add": clusterAdd, "replace": clusterReplace, "remove": clusterRemove,
		"drain": clusterDrain, "transfer": clusterTransfer,
	}
	const list = "status, add, replace, remove, drain or transfer"
	switch {
	case len(args) == 0:
		return misuse("cluster", "a verb is missing: %s", list)
	case args[0] == "--help" || args[0] == "-h" || args[0] == "-help":
		fmt.Fprint(e.stdout, clusterUsage)
		return errHelp
	}
	run, ok := verbs[args[0]]
	if !ok {
		return misuse("cluster", "unknown verb %q: %s", args[0], list)
	}
	return run(ctx, args[1:], e)
}

func clusterStatus(ctx context.Context, args []string, e env) error {
	c, rest, err := adminFlags("cluster status", args, e)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("cluster status", "unexpected argument %q", rest[0])
	}
	got, err := c.cluster(ctx)
	if err != nil {
		return err
	}
	if c.asJSON {
		return writeJSON(e.stdout, got)
	}
	return writeCluster(e.stdout, got)
}

// writeCluster writes a table of the nodes and a line about the shards.
func writeCluster(w io.Writer, c admin.Cluster) error {
	if c.Waits != "" {
		fmt.Fprintf(w, "%s is not ready: %s\n\n", c.Node, c.Waits)
	}
	if c.ID == "" {
		return nil
	}
	fmt.Fprintf(w, "cluster %s, as %s sees it\n\n", c.ID, c.Node)
	err := table(w, "NODE\tLINK\tSINCE\tSTATE\tVOTES\tLEADS\tRAFT\tACTOR", c.Nodes, func(n admin.Node) string {
		if n.State == admin.StateInvited {
			return n.Name + "\t-\t-\tinvited\t-\t-\t-\t-"
		}
		link, since := "down", "-"
		if n.Up {
			link = "up"
		}
		if !n.Since.IsZero() {
			since = n.Since.Local().Format(time.DateTime)
		}
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%d/%d\t%d\t%s\t%s", n.Name, link, since, n.State, n.Votes, n.Assigned, n.Leads, n.Raft, n.Actor)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s%s\n", leaderless(c.Shards), thin(c.Shards))
	return err
}

// leaderless says which shards nobody leads.
func leaderless(shards []admin.Shard) string {
	var without []string
	for _, s := range shards {
		if s.Leader == "" {
			without = append(without, fmt.Sprint(s.Shard))
		}
	}
	if len(without) == 0 {
		return fmt.Sprintf("%s, each with a leader", plural(len(shards), "shard"))
	}
	return fmt.Sprintf("%s, without a leader: %s", plural(len(shards), "shard"), strings.Join(without, ", "))
}

// thin says which shards have fewer voting replicas than they are to have, "" when none has.
func thin(shards []admin.Shard) string {
	var few []string
	for _, s := range shards {
		if len(s.Replicas) < len(s.Assigned) {
			few = append(few, fmt.Sprint(s.Shard))
		}
	}
	if len(few) == 0 {
		return ""
	}
	return "; with fewer votes than it is to have: " + strings.Join(few, ", ")
}
