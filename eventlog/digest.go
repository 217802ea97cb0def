package eventlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const opDigest = "eventlog.digest"

// DigestOf returns what this node has applied of a shard in a few bytes, to be compared with what other nodes have at the same
// index: replicas that have applied as much have the same. It reads the whole shard, as of one moment, while the shard goes
// on. One digest is made at a time; the others wait. A shard that is being replaced by what another member sends has
// Applied 0.
//
// Errors, as *im.Error: Unavailable when ctx ends, or the log is closed; NotFound for a shard that does not exist, and for one
// that this node has no replica of; Internal, wrapping store.ErrDamaged, when a checksum on the disk fails.
func (l *Log) DigestOf(ctx context.Context, id im.ShardID) (store.Digest, error) {
	if int(id) >= len(l.ours) {
		return store.Digest{}, im.E(opDigest, im.NotFound, "no such shard")
	}
	if !l.beginSearch() {
		return store.Digest{}, errClosed
	}
	defer l.searching.Done()
	select {
	case l.digesting <- struct{}{}:
		defer func() { <-l.digesting }()
	case <-l.closing:
		return store.Digest{}, errClosed
	case <-ctx.Done():
		return store.Digest{}, noDigest(ctx)
	}
	v, err := l.view(id)
	switch {
	case err != nil:
		return store.Digest{}, err
	case v == nil:
		return store.Digest{Shard: id}, nil
	}
	d, err := v.Digest(func() error { return l.alive(ctx) })
	err = errors.Join(err, v.Close())
	switch {
	case err == nil:
		return d, nil
	case ctx.Err() != nil:
		return store.Digest{}, noDigest(ctx)
	case l.alive(ctx) != nil:
		return store.Digest{}, errClosed
	}
	return store.Digest{}, internal(opDigest, err)
}

// view takes the present moment of a shard that is here. It returns nil when the shard is being replaced: then it is neither
// what it was nor what it will be.
func (l *Log) view(id im.ShardID) (*store.View, error) {
	if err := l.ours[id].enter(); err != nil {
		if !l.Holds(id) {
			return nil, noReplica(id)
		}
		return nil, nil
	}
	defer l.ours[id].replacing.RUnlock()
	return l.store.View(id), nil
}

func noReplica(id im.ShardID) error {
	return im.E(opDigest, im.NotFound, fmt.Sprintf("this node has no replica of shard %d", id))
}

func noDigest(ctx context.Context) error {
	return &im.Error{Op: opDigest, Kind: im.Unavailable, Err: context.Cause(ctx)}
}
