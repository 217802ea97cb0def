package store

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// DropSnapshots deletes every stored state of shards 0..Shards, on this node only and durably. Nothing is lost by it
// as long as the entries are there: the next Load of an address replays them all. So it is refused once any have expired. For
// tests and repair; no Update may run meanwhile.
func (s *Store) DropSnapshots() error {
	for id := im.ShardID(0); id <= im.ShardID(s.shards); id++ {
		marks, err := marksIn(s.db, id)
		if err != nil {
			return err
		}
		for _, m := range marks {
			if m.Watermark > 0 {
				return fmt.Errorf("store: shard %d needs its snapshots: the entries before them have expired", id)
			}
		}
	}
	b := s.db.NewBatch()
	for id := im.ShardID(0); id <= im.ShardID(s.shards); id++ {
		p := shardKey(tableSnapshot, id)
		if err := b.DeleteRange(p, after(p), nil); err != nil {
			return errors.Join(err, b.Close())
		}
	}
	if err := b.Commit(pebble.NoSync); err != nil {
		return errors.Join(err, b.Close())
	}
	return errors.Join(b.Close(), s.db.Flush())
}

// Drop deletes all of a shard, on this node only and durably, as if it had never been here: a Shard of it that begins anew loads
// index 0. A crash in the middle leaves a shard that holds nothing by its own account, and another Drop deletes the rest. No
// Shard of it may be in use, meanwhile or afterwards, but one that is made then; nobody may read it meanwhile.
func (s *Store) Drop(id im.ShardID) error {
	defer s.present[id].Store(false) // it is there until its entries are not
	return s.Shard(id).clear()
}
