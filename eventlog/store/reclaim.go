package store

import (
	"context"
	"errors"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Reclaimed is what one Reclaim has done.
type Reclaimed struct {
	// Buckets of entries and Windows of ids are gone, and with them about so many Bytes of the disk.
	Buckets, Windows int
	Bytes            uint64
	// Later says that something is left: a view reads it, or a shard is just being received. It is to be tried again.
	Later bool
}

// expired is a range of keys that nobody reads any more.
type expired struct {
	class   Class
	table   byte
	span    pebble.KeyRange
	buckets int
	bytes   uint64
}

// Reclaim deletes from the disk what lies before the watermarks of all shards: those that are named, and those that were loaded
// and not dropped since. A shard that is named and not there holds everything back. What an open View may read stays until a
// later call. There is no trace of a bucket in any file soon after. With nothing to delete it costs some seeks.
func (s *Store) Reclaim(held []im.ShardID) (Reclaimed, error) {
	if !s.reclaiming.TryLock() {
		return Reclaimed{Later: true}, nil
	}
	defer s.reclaiming.Unlock()
	marks, err := s.lowest(held)
	if err != nil {
		return Reclaimed{}, err
	}
	var done Reclaimed
	var due []expired
	for _, c := range classes {
		found, err := s.expired(c, marks[c])
		switch {
		case err != nil:
			return Reclaimed{}, err
		case len(found) > 0 && s.views.need(c, marks[c]):
			done.Later = true
		default:
			due = append(due, found...)
		}
	}
	if len(due) == 0 {
		return done, nil
	}
	return done, s.excise(due, &done)
}

// lowest returns the lowest watermarks of these shards and those that are here, by class.
func (s *Store) lowest(held []im.ShardID) ([len(classes)]im.Millis, error) {
	var low [len(classes)]im.Millis
	for c := range low {
		low[c] = math.MaxInt64
	}
	for id := range im.ShardID(len(s.present)) {
		if s.present[id].Load() {
			held = append(held[:len(held):len(held)], id)
		}
	}
	var errs error
	some := false
	for _, id := range held {
		if id == 0 { // it has nothing that expires
			continue
		}
		marks, err := marksIn(s.db, id)
		errs = errors.Join(errs, err)
		for c := range low {
			low[c] = min(low[c], marks[c].Watermark)
		}
		some = true
	}
	if !some {
		return [len(classes)]im.Millis{}, errs
	}
	return low, errs
}

// expired returns what lies before a watermark of class c, if there is anything: keys, or files that have had some.
func (s *Store) expired(c Class, watermark im.Millis) ([]expired, error) {
	var found []expired
	for _, table := range []byte{tableEvent, tableDedup} {
		end := s.firstOf(table, c, watermark)
		if !c.expires() || end == 0 {
			continue
		}
		x := expired{class: c, table: table, span: pebble.KeyRange{Start: appendBucket(nil, table, c, 0), End: appendBucket(nil, table, c, end)}}
		err := eachBucketOfAll(s.db, table, c, 0, func(b im.Millis) error {
			if b >= end {
				return errEnough
			}
			x.buckets++
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
		if x.bytes, err = s.db.EstimateDiskUsage(x.span.Start, x.span.End); err != nil {
			return nil, err
		}
		if x.buckets > 0 || x.bytes > 0 {
			found = append(found, x)
		}
	}
	return found, nil
}

// errEnough ends a walk that has seen what it was for.
var errEnough = errors.New("store: enough")

// excise deletes what is due. The watermarks must be on the disk before: after a crash Raft's log is applied again from what is on
// the disk, and commands before an expire read the entries. Nor may a read that began before the expire lose what it reads.
//
// NB: an excised range is gone from Pebble's snapshots, too, and only its open iterators keep it.
func (s *Store) excise(due []expired, done *Reclaimed) error {
	if err := s.db.Flush(); err != nil {
		return err
	}
	s.reads.wait()
	for i := range due {
		x := &due[i]
		if x.bytes == 0 { // it was all in memory
			x.bytes, _ = s.db.EstimateDiskUsage(x.span.Start, x.span.End)
		}
		if err := s.db.Excise(context.Background(), x.span); err != nil {
			return err
		}
		if done.Bytes += x.bytes; x.table == tableEvent {
			done.Buckets += x.buckets
		} else {
			done.Windows += x.buckets
		}
	}
	return nil
}
