package server

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// digests says what this node holds of its shards.
func (s *Server) digests(ctx context.Context, shards []uint32) (admin.Digests, error) {
	if !s.logIsOpen.Load() {
		return admin.Digests{}, im.E("server.digests", im.Unavailable, s.doing.String())
	}
	got := admin.Digests{Cluster: s.journal.Cluster(), Node: s.opts.Node}
	if len(shards) == 0 {
		shards = allShards(uint32(s.opts.Shards))
	}
	err := digest(ctx, s.journal, shards, &got)
	return got, err
}

// StoppedNode is the data directory of a node that does not run, opened for reading.
type StoppedNode struct{ dir *eventlog.Stopped }

// OpenStopped opens a data directory as eventlog.OpenStopped does, and refuses what that refuses.
func OpenStopped(dir string) (*StoppedNode, error) {
	d, err := eventlog.OpenStopped(dir)
	if err != nil {
		return nil, err
	}
	return &StoppedNode{d}, nil
}

// Digests says what the directory holds of all shards, as the node does when it runs. It fails when ctx ends; what cannot be
// read is said of its shard.
func (n *StoppedNode) Digests(ctx context.Context) (admin.Digests, error) {
	got := admin.Digests{Cluster: n.dir.Cluster(), Node: n.dir.Node()}
	err := digest(ctx, n.dir, allShards(n.dir.Shards()), &got)
	return got, err
}

// Close gives the directory back.
func (n *StoppedNode) Close() error { return n.dir.Close() }

// allShards are the cluster's own shard and those that hold actors.
func allShards(actors uint32) []uint32 {
	all := make([]uint32, actors+1)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

// digestible has shards: a log, or what is left of one.
type digestible interface {
	DigestOf(ctx context.Context, id im.ShardID) (store.Digest, error)
}

// digest adds the digests of some shards to into.
func digest(ctx context.Context, of digestible, shards []uint32, into *admin.Digests) error {
	for _, id := range shards {
		d, err := of.DigestOf(ctx, im.ShardID(id))
		if err != nil && im.KindOf(err) != im.Internal {
			return err
		}
		into.Shards = append(into.Shards, digestOf(id, &d, err))
	}
	return nil
}

func digestOf(id uint32, d *store.Digest, err error) admin.Digest {
	out := admin.Digest{Shard: id, Applied: d.Applied, Entries: d.Entries()}
	if cause := errors.Unwrap(err); cause != nil { // of an *im.Error
		out.Error = cause.Error()
	}
	if d.Applied > 0 {
		out.Digest = hex.EncodeToString(d.Sum[:])
	}
	for _, t := range d.Tables {
		out.Bytes += t.Bytes
		out.Tables = append(out.Tables, admin.TableDigest{Table: t.Name, Keys: t.Keys, Bytes: t.Bytes, Digest: hex.EncodeToString(t.Sum[:])})
	}
	return out
}
