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

// digests says what this node holds of the shards that it has a replica of.
func (s *Server) digests(ctx context.Context, shards []uint32) (admin.Digests, error) {
	if !s.logIsOpen.Load() {
		return admin.Digests{}, im.E("server.digests", im.Unavailable, s.doing.String())
	}
	got := admin.Digests{Cluster: s.journal.Cluster(), Node: s.opts.Node}
	err := digest(ctx, s.journal, shards, holders(s.membership.known().Members, uint32(s.opts.Shards)), &got)
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
	err := digest(ctx, n.dir, nil, holders(rosterMembers(n.dir.Members()), n.dir.Shards()), &got)
	return got, err
}

// Damaged has a line for each file of the directory's Raft log that is not what was written.
func (n *StoppedNode) Damaged() []string { return n.dir.Damaged() }

// Close gives the directory back.
func (n *StoppedNode) Close() error { return n.dir.Close() }

// allShards are so many, the cluster's own included.
func allShards(count int) []uint32 {
	all := make([]uint32, count)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

// digestible has shards: a log, or what is left of one.
type digestible interface {
	DigestOf(ctx context.Context, id im.ShardID) (store.Digest, error)
}

// digest adds the digests of some shards, all when none is named, to into. assigned are those who are to have each shard there is.
func digest(ctx context.Context, of digestible, shards []uint32, assigned [][]uint64, into *admin.Digests) error {
	into.Of, into.Shards = len(assigned), []admin.Digest{}
	if len(shards) == 0 {
		shards = allShards(len(assigned))
	}
	for _, id := range shards {
		d, err := of.DigestOf(ctx, im.ShardID(id))
		switch {
		case err == nil || im.KindOf(err) == im.Internal:
			into.Shards = append(into.Shards, digestOf(id, &d, err))
			into.Shards[len(into.Shards)-1].Assigned = len(assigned[id])
		case im.KindOf(err) == im.NotFound && uint64(id) < uint64(len(assigned)): // it is not here
		default:
			return err
		}
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
