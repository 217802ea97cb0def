package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// changes is what operators do to the members of the cluster. Each returns when it is written down; the nodes do it then.
type changes struct{ s *Server }

var _ admin.Members = changes{}

// Add implements admin.Members.
func (c changes) Add(ctx context.Context, name string) error {
	return c.change(ctx, func(ctx context.Context, n *roster.Nodes) error {
		if err := c.canGrow(); err != nil {
			return err
		}
		return n.Invite(ctx, name)
	})
}

// Replace implements admin.Members.
func (c changes) Replace(ctx context.Context, name string) error {
	return c.change(ctx, func(ctx context.Context, n *roster.Nodes) error { return n.Replace(ctx, name, c.s.isUp) })
}

// Remove implements admin.Members.
func (c changes) Remove(ctx context.Context, name string) error {
	return c.change(ctx, func(ctx context.Context, n *roster.Nodes) error { return n.Remove(ctx, name, c.s.isUp) })
}

// Drain implements admin.Members.
func (c changes) Drain(ctx context.Context, name string, on bool) error {
	return c.change(ctx, func(ctx context.Context, n *roster.Nodes) error { return n.Drain(ctx, name, on, c.s.isUp) })
}

// Transfer implements admin.Members. A node that has no replica of the shard has another one ask for it.
func (c changes) Transfer(ctx context.Context, shard uint32, to string) error {
	return c.change(ctx, func(ctx context.Context, n *roster.Nodes) error {
		m, found := n.Roster().Named(to)
		voting, _, _ := c.s.journal.Membership(im.ShardID(shard))
		switch {
		case !found:
			return im.E(opChange, im.NotFound, fmt.Sprintf("there is no node %.80q", to))
		case int64(shard) > int64(c.s.opts.Shards):
			return im.E(opChange, im.NotFound, fmt.Sprintf("there is no shard %d: they are 0 to %d", shard, c.s.opts.Shards))
		case m.Drained:
			return im.E(opChange, im.Conflict, to+" is drained and takes no leaders")
		case !c.s.isUp(to) || !slices.Contains(voting, m.Replica):
			return im.E(opChange, im.Conflict, fmt.Sprintf("%s is not up, or has not caught up with shard %d", to, shard))
		}
		return c.s.reads.Transfer(ctx, im.ShardID(shard), m.Replica)
	})
}

const opChange = "server.change"

// change makes a change, when this node has got so far, and says more plainly that there is no majority for it.
func (c changes) change(ctx context.Context, do func(context.Context, *roster.Nodes) error) error {
	if !c.s.logIsOpen.Load() || !c.s.membership.hasRead() {
		return im.E(opChange, im.Unavailable, c.s.opts.Node+" is "+c.s.doing.String()+": ask another member, or try again")
	}
	err := within(ctx, changeTime, func(ctx context.Context) error { return do(ctx, c.s.nodes) })
	if im.KindOf(err) == im.Unavailable && err != nil {
		return &im.Error{Op: opChange, Kind: im.Unavailable, Text: "no majority of the cluster has confirmed it in time; it may happen all the same", Err: err}
	}
	return err
}

// canGrow refuses nodes beside this one where they could not be told from strangers, or would not find it.
func (c changes) canGrow() error {
	s := c.s
	if s.membership.place == nil {
		return im.E(opChange, im.Conflict, fmt.Sprintf(
			"%s listens for other nodes on %s and %s, where they cannot dial it: start it with --advertise-raft and --advertise-actor, or with addresses of one host",
			s.opts.Node, s.opts.RaftListen, s.opts.ActorListen))
	}
	if err := s.coverPlace(); err != nil {
		return im.E(opChange, im.Conflict, err.Error())
	}
	if s.opts.proves() {
		return nil
	}
	if err := wantSecret([]string{s.opts.RaftListen, s.opts.ActorListen, s.membership.place.GetRaft(), s.membership.place.GetActor()}); err != nil {
		return im.E(opChange, im.Conflict, "the cluster has no secret and no certificates: start its nodes with --cluster-secret-file or --cluster-cert first")
	}
	return nil
}
