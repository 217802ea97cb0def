package eventlog

import (
	"bytes"
	"errors"
	"math"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// WriteTold writes the told cursors that wait in the shard of an address, and returns when they are applied.
func (l *Log) WriteTold(a im.Address) im.Outcome {
	s := l.shards[l.store.ShardOf(a)]
	s.flushTold()
	return s.put(&upkeep{items: store.AppendTold(nil, a, 0), n: 1}) // it has nothing to do, and comes behind them
}

// Streamed returns the digest of a new replica of a shard, which has it from this one.
func (l *Log) Streamed(id im.ShardID) (d store.Digest, err error) {
	var stream bytes.Buffer
	v := l.store.View(id)
	if err := errors.Join(v.Save(&stream, nil), v.Close()); err != nil {
		return d, err
	}
	b := l.dir.m.buckets()
	other, err := store.Open("", store.Options{
		Shards: l.o.Shards, Bucket: b.Usual, StrangersBucket: b.Strangers, FS: vfs.NewMem(), Logger: l.o.Logger,
	})
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	if err := other.Shard(id).Recover(&stream, nil); err != nil {
		return d, err
	}
	v = other.View(id)
	defer func() { err = errors.Join(err, v.Close()) }()
	return v.Digest(func() error { return nil })
}

// OldestOnDisk returns the beginning of the oldest bucket of a class of which something lies in the store, whether it is read or not.
func (l *Log) OldestOnDisk(c store.Class) im.Millis {
	all, err := l.store.Weigh(c)
	if err != nil {
		panic(err)
	}
	if len(all) == 0 {
		return math.MaxInt64
	}
	return all[0].Start
}
