package eventlog

import (
	"context"
	"slices"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// SearchKeys returns the keys of what q asks for of the given shards, in the order of store.CompareKeys, from the first one that
// comes after the given key, if that is not nil: at most limit of them, store.MaxKeys and store.MaxKeysBytes. more says that
// others follow. It is for searches of which this node has a part only. Skip and Limit of q are not looked at.
//
// It waits for the barriers of these shards alone, and sees them as of one moment. Another call sees another moment. It shares the
// bounds of Search, and has its errors: Unavailable when this node has no replica of one of the shards; Invalid for a shard that
// does not exist or is named twice, for a key that store.CheckKey refuses, and for a limit below 1.
func (l *Log) SearchKeys(
	ctx context.Context, q im.Query, shards []im.ShardID, after *im.FoundKey, limit int,
) (keys []im.FoundKey, more bool, err error) {
	q.Skip, q.Limit = 0, 0
	if err := l.checkKeys(&q, shards, after, limit); err != nil {
		return nil, false, err
	}
	err = l.search(ctx, shards, func(alive func() error) (err error) {
		keys, more, err = l.store.SearchKeys(&q, shards, after, limit, alive)
		return err
	})
	return keys, more, err
}

func (l *Log) checkKeys(q *im.Query, shards []im.ShardID, after *im.FoundKey, limit int) error {
	if err := store.CheckQuery(q); err != nil {
		return err
	}
	if after != nil {
		if err := store.CheckKey(q, after); err != nil {
			return err
		}
	}
	if limit < 1 {
		return im.E(opSearch, im.Invalid, "at least one key must be asked for")
	}
	return l.checkShards(shards)
}

// checkShards refuses what are no shards that hold actors, each named once.
func (l *Log) checkShards(shards []im.ShardID) error {
	sorted := slices.Sorted(slices.Values(shards))
	if len(sorted) > 0 && (sorted[0] == 0 || uint32(sorted[len(sorted)-1]) > l.o.Shards) {
		return im.E(opSearch, im.Invalid, "no such shard")
	}
	if len(slices.Compact(sorted)) < len(shards) {
		return im.E(opSearch, im.Invalid, "a shard is named twice")
	}
	return nil
}

// Records returns the records of keys that SearchKeys found, here or elsewhere, in the order of the keys. Those that are gone
// meanwhile are left out; others may have changed since, and have no more what was asked for. Of a key Shard and ID are looked
// at. The memory grows with the records: at most im.MaxRecordBody each.
//
// It waits for the barriers of the keys' shards, and sees them as of one moment. Bounds and errors are those of SearchKeys.
func (l *Log) Records(ctx context.Context, app im.AppID, kind im.Kind, keys []im.FoundKey) (found []im.Found, err error) {
	var shards []im.ShardID
	for i := range keys {
		if !(im.Address{App: app, Kind: kind, ID: keys[i].ID}).Valid() {
			return nil, im.E(opSearch, im.Invalid, "no such app, kind or id")
		}
		shards = append(shards, keys[i].Shard)
	}
	slices.Sort(shards)
	shards = slices.Compact(shards)
	if err := l.checkShards(shards); err != nil {
		return nil, err
	}
	err = l.search(ctx, shards, func(alive func() error) (err error) {
		found, err = l.store.Records(app, kind, keys, alive)
		return err
	})
	return found, err
}
