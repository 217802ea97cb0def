package eventlog

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Stopped is the data directory of a node that does not run, or a copy of one, opened for reading. Nothing in it is
// changed. As long as it is open no node starts on it, and others may read it too. Its methods are safe for concurrent use
// with everything but Close.
type Stopped struct {
	dir      string
	m        *manifest
	lock     io.Closer
	store    *store.ReadOnly
	holdings *holdings
	// members are nil when nodes.json cannot be read.
	members []Member
}

// OpenStopped opens a data directory. It refuses, as an *im.Error of one line, one that is in use, or whose list of replicas
// cannot be read (Conflict), that is none, or whose first start did not come to its end (NotFound), that is of a format that this
// program does not know (Unsupported), and one whose store cannot be read (Internal, wrapping store.ErrDamaged). The host may be
// another one than the node's.
func OpenStopped(dir string) (_ *Stopped, err error) {
	s := &Stopped{dir: dir}
	if s.lock, err = shareLock(filepath.Join(dir, lockName)); err != nil {
		if errors.Is(err, errLocked) {
			return nil, refuse(im.Conflict, "data directory %s is in use by another process", dir)
		}
		return nil, refuse(im.NotFound, "data directory %s cannot be read: %v", dir, plain(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.Close())
		}
	}()
	if s.m, err = readManifest(dir); errors.Is(err, store.ErrDamaged) {
		return nil, refuseDamaged(err)
	} else if err != nil {
		return nil, refuse(im.NotFound, "%s is no data directory: %v", dir, plain(err))
	}
	if err := s.m.check(dir, &Options{Dir: dir, Node: s.m.Node, Shards: s.m.Shards}, s.m.Host); err != nil {
		return nil, err
	}
	if !s.m.Ready {
		return nil, refuse(im.NotFound, "the first start of %s did not come to its end", dir)
	}
	if s.holdings, err = loadHoldings(dir, s.m); err != nil {
		return nil, unusableHoldings(dir, err)
	}
	if nodes, err := loadNodes(dir, s.m); err == nil {
		s.members = nodes.members()
	}
	s.store, err = store.OpenReadOnly(filepath.Join(dir, storeName), store.Options{
		Shards: s.m.Shards, Bucket: s.m.BucketMillis, StrangersBucket: s.m.StrangersBucketMillis,
	})
	if err != nil {
		return nil, &im.Error{Op: opOpen, Kind: im.Internal, Err: err}
	}
	return s, nil
}

// Cluster returns the id of the cluster that the directory belongs to, a UUID.
func (s *Stopped) Cluster() string { return s.m.Cluster }

// Node returns the name of the node that the directory belongs to.
func (s *Stopped) Node() string { return s.m.Node }

// Members returns the members of the cluster as the directory knows them, by number; none when it cannot say.
func (s *Stopped) Members() []Member { return s.members }

// Shards returns the number of shards that hold actors; the cluster's own, 0, is one more.
func (s *Stopped) Shards() uint32 { return s.m.Shards }

// DigestOf returns the digest of what is on the disk of a shard: what the node had synced when it ended. What it lacks of what
// the node had acknowledged is in its Raft log, and is applied at its next start. Errors are those of Log.DigestOf.
func (s *Stopped) DigestOf(ctx context.Context, id im.ShardID) (store.Digest, error) {
	if uint32(id) > s.m.Shards {
		return store.Digest{}, im.E(opDigest, im.NotFound, "no such shard")
	}
	if !s.holds(id) {
		return store.Digest{}, noReplica(id)
	}
	d, err := s.store.Digest(id, ctx.Err)
	if ctx.Err() != nil {
		return store.Digest{}, noDigest(ctx)
	}
	return d, internal(opDigest, err)
}

// holds reports whether the directory has a replica of the shard.
func (s *Stopped) holds(id im.ShardID) bool { return s.holdings.get(id).Raft != 0 }

// Close gives the directory back.
func (s *Stopped) Close() error { return errors.Join(s.store.Close(), s.lock.Close()) }
