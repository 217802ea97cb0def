package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

// defaultWait is how long a change of the cluster is waited for.
const defaultWait = time.Minute

// clusterAdd runs `parley cluster add NAME`.
func clusterAdd(ctx context.Context, args []string, e env) error {
	c, rest, err := adminFlags("cluster add", args, e)
	if err != nil {
		return err
	}
	name, err := oneName("cluster add", rest)
	if err != nil {
		return err
	}
	if err := c.send(ctx, http.MethodPost, "/v1/cluster/nodes", admin.Added{Name: name}, &admin.Accepted{}); err != nil {
		return err
	}
	return c.show(ctx, e.stdout, name, func(w io.Writer, got admin.Cluster) {
		n := find(got.Nodes, name, admin.StateInvited)
		if n == nil {
			fmt.Fprintf(w, "%s is a member of the cluster already.\n", name)
			return
		}
		fmt.Fprintf(w, "%s may join, within 24 hours. Start it with an empty data directory:\n\n", name)
		howToJoin(w, got, name)
	})
}

// clusterReplace runs `parley cluster replace NAME`.
func clusterReplace(ctx context.Context, args []string, e env) error {
	c, rest, err := adminFlags("cluster replace", args, e)
	if err != nil {
		return err
	}
	name, err := oneName("cluster replace", rest)
	if err != nil {
		return err
	}
	if err := c.do(ctx, http.MethodPost, nodePath(name)+"/replace", &admin.Accepted{}); err != nil {
		return err
	}
	return c.show(ctx, e.stdout, name, func(w io.Writer, got admin.Cluster) {
		fmt.Fprintf(w, "A new %s may take the place of the present one, within 24 hours. Start it with an empty data directory:\n\n", name)
		howToJoin(w, got, name)
		if n := find(got.Nodes, name); n != nil && n.Up {
			fmt.Fprintf(w, "NB: the present %s is up. It hands over and ends once the new one has caught up.\n", name)
		}
	})
}

// howToJoin says how a node that was invited is started.
func howToJoin(w io.Writer, c admin.Cluster, name string) {
	member := "HOST:PORT"
	for _, n := range c.Nodes {
		if n.Name == c.Node && n.Actor != "" {
			member = n.Actor
		}
	}
	fmt.Fprintf(w, "  parley serve --node %s --join %s --raft-listen HOST:PORT --actor-listen HOST:PORT ...\n\n", name, member)
	fmt.Fprintf(w, "with the --shards and the --cluster-secret-file of the others. `parley cluster status` shows how far it is.\n")
}

// clusterRemove runs `parley cluster remove NAME`.
func clusterRemove(ctx context.Context, args []string, e env) error {
	wait := defaultWait
	c, rest, err := adminFlags("cluster remove", args, e, waitFlag(&wait))
	if err != nil {
		return err
	}
	name, err := oneName("cluster remove", rest)
	if err != nil {
		return err
	}
	before, err := c.cluster(ctx)
	if err != nil {
		return err
	}
	if err := c.do(ctx, http.MethodDelete, nodePath(name), &admin.Accepted{}); err != nil {
		return err
	}
	there := find(before.Nodes, name) != nil
	got, err := c.await(ctx, wait, func(now admin.Cluster) bool { return find(now.Nodes, name) == nil })
	if before.Node == name && errors.Is(err, errNoAnswer) {
		err = nil // it has ended, as it should
	}
	switch {
	case errors.Is(err, errNotYet):
		return fmt.Errorf("%s is no member any more, but some shards have not let it go yet: `parley cluster status` shows how many", name)
	case err != nil:
		return err
	case c.asJSON:
		return writeJSON(e.stdout, got)
	case !there:
		fmt.Fprintf(e.stdout, "%s is neither a member nor invited: there is nothing to do.\n", name)
	case wait == 0:
		fmt.Fprintf(e.stdout, "%s is being removed: `parley cluster status` shows how far that is.\n", name)
	default:
		fmt.Fprintf(e.stdout, "%s is no member any more. Its process ends by itself; its data directory is of no use any more.\n", name)
	}
	return nil
}

// clusterDrain runs `parley cluster drain NAME`.
func clusterDrain(ctx context.Context, args []string, e env) error {
	wait, undo := defaultWait, false
	c, rest, err := adminFlags("cluster drain", args, e, waitFlag(&wait), func(fs *flag.FlagSet) {
		fs.BoolVar(&undo, "undo", false, "end it: the node takes leaders and clients again")
	})
	if err != nil {
		return err
	}
	name, err := oneName("cluster drain", rest)
	if err != nil {
		return err
	}
	verb := "/drain"
	if undo {
		verb = "/undrain"
	}
	if err := c.do(ctx, http.MethodPost, nodePath(name)+verb, &admin.Accepted{}); err != nil {
		return err
	}
	_, err = c.await(ctx, wait, func(now admin.Cluster) bool {
		n := find(now.Nodes, name)
		return n == nil || undo != (n.State == admin.StateDraining && n.Leads == 0)
	})
	if errors.Is(err, errNotYet) {
		return fmt.Errorf("%s still leads some shards: `parley cluster status` shows how many", name)
	}
	if err != nil {
		return err
	}
	return c.show(ctx, e.stdout, name, func(w io.Writer, _ admin.Cluster) {
		switch {
		case undo:
			fmt.Fprintf(w, "%s takes leaders and clients again.\n", name)
		case wait == 0:
			fmt.Fprintf(w, "%s hands over what it leads and lets its clients go. `parley cluster drain %s --undo` ends that, or a restart.\n", name, name)
		default:
			fmt.Fprintf(w, "%s leads nothing, lets its clients go, and is not ready. `parley cluster drain %s --undo` ends that, or a restart.\n", name, name)
		}
	})
}

// clusterTransfer runs `parley cluster transfer SHARD NAME`.
func clusterTransfer(ctx context.Context, args []string, e env) error {
	wait := defaultWait
	c, rest, err := adminFlags("cluster transfer", args, e, waitFlag(&wait))
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return misuse("cluster transfer", "a shard and the name of a node are wanted")
	}
	shard, err := strconv.ParseUint(rest[0], 10, 32)
	if err != nil {
		return misuse("cluster transfer", "a shard is a number, not %q", rest[0])
	}
	name, path := rest[1], fmt.Sprintf("/v1/cluster/shards/%d/transfer", shard)
	if err := c.send(ctx, http.MethodPost, path, admin.Transferred{To: name}, &admin.Accepted{}); err != nil {
		return err
	}
	leads := func(now admin.Cluster) bool {
		return shard < uint64(len(now.Shards)) && now.Shards[shard].Leader == name
	}
	got, err := c.await(ctx, wait, leads)
	switch {
	case errors.Is(err, errNotYet):
		return fmt.Errorf("%s does not lead shard %d yet; a transfer to a node that lags behind may come to nothing: try again", name, shard)
	case err != nil:
		return err
	case c.asJSON:
		return writeJSON(e.stdout, got)
	case wait == 0:
		fmt.Fprintf(e.stdout, "%s was asked to lead shard %d.\n", name, shard)
	default:
		fmt.Fprintf(e.stdout, "%s leads shard %d. If it leads more than its share now, others will take some.\n", name, shard)
	}
	return nil
}

// oneName is the one argument that a verb takes.
func oneName(command string, rest []string) (string, error) {
	if len(rest) != 1 {
		return "", misuse(command, "the name of one node is wanted")
	}
	return rest[0], nil
}

func nodePath(name string) string { return "/v1/cluster/nodes/" + url.PathEscape(name) }

// find returns the node of that name, in one of these states if some are named; nil = there is none.
func find(nodes []admin.Node, name string, states ...string) *admin.Node {
	for i, n := range nodes {
		if n.Name == name && (len(states) == 0 || n.State == states[0]) {
			return &nodes[i]
		}
	}
	return nil
}
