package eventlog

import (
	"path/filepath"
	"time"

	"github.com/parley-im/parley/im"
)

// Retention says what the directory keeps of the past, as it is seen at now: what the node had synced when it ended. The windows are
// those of its first start, since each start names them anew; nobody leads, and nothing goes before a start.
func (s *Stopped) Retention(now im.Millis) (RetentionReport, error) {
	const op = "eventlog.retention"
	r := RetentionReport{Now: now, Clock: ClockReport{Wall: now, Believed: true}}
	r.Disk.Store, r.Disk.Raft = usage(filepath.Join(s.dir, storeName)), usage(filepath.Join(s.dir, raftName))
	for _, c := range expiring {
		length := s.m.buckets().of(c)
		window := time.Duration(7*length) * time.Millisecond
		class := ClassRetention{Class: c, Window: window, Kept: window, Length: length}
		var err error
		if class.Buckets, err = s.store.Weigh(c); err != nil {
			return r, internal(op, err)
		}
		if class.IDs, err = s.store.WeighIDs(c); err != nil {
			return r, internal(op, err)
		}
		r.Classes = append(r.Classes, class)
	}
	for id := im.ShardID(1); id <= im.ShardID(s.m.Shards); id++ {
		if !s.holds(id) {
			continue
		}
		shard, err := s.shardRetention(id)
		if err != nil {
			return r, internal(op, err)
		}
		r.addShard(shard)
	}
	return r, nil
}

func (s *Stopped) shardRetention(id im.ShardID) (r ShardRetention, err error) {
	r.Shard = id
	for _, c := range expiring {
		marks, err := s.store.Marks(id, c)
		if err != nil {
			return r, err
		}
		r.Marks, r.Waits = append(r.Marks, marks), append(r.Waits, HoldupNone)
	}
	r.Carried, r.Graves, err = s.store.Left(id)
	return r, err
}
