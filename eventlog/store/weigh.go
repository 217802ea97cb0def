package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Bucket is what lies together on the disk and goes together.
type Bucket struct {
	// Start and End are the stamps of what it holds: Start <= stamp < End. Both are 0 for what never expires.
	Start, End im.Millis
	// Bytes is about what it takes on the disk; what still waits in memory for a flush is not counted.
	Bytes uint64
}

// Weigh returns the buckets of the entries of class c on this node, oldest first, those before the watermark included.
func (s *Store) Weigh(c Class) ([]Bucket, error) { return s.weigh(tableEvent, c) }

// WeighIDs returns the same for the ids by which repeats are known; each is as long as a window.
func (s *Store) WeighIDs(c Class) ([]Bucket, error) { return s.weigh(tableDedup, c) }

func (s *Store) weigh(table byte, c Class) (buckets []Bucket, err error) {
	length := s.lengthOf(table, c)
	err = eachBucketOfAll(s.db, table, c, 0, func(start im.Millis) error {
		lo := appendBucket(nil, table, c, start)
		n, err := s.db.EstimateDiskUsage(lo, after(lo))
		buckets = append(buckets, Bucket{Start: start, End: start + length, Bytes: n})
		return err
	})
	return buckets, err
}

// lengthOf returns the length of the buckets of a table, 0 for what never expires.
func (s *Store) lengthOf(table byte, c Class) im.Millis {
	switch {
	case !c.expires():
		return 0
	case table == tableDedup:
		return s.lengths.window(c)
	}
	return s.lengths[c]
}

// Left returns how many entries of a shard are kept beyond their bucket, and how many deleted addresses are not forgotten yet. It
// goes over all of them.
func (s *Store) Left(id im.ShardID) (carried, graves uint64, err error) {
	v := s.View(id)
	defer func() { err = errors.Join(err, v.Close()) }()
	p := shardKey(tableCarry, id)
	if carried, err = countKeys(v.snap, p, after(p)); err != nil {
		return 0, 0, err
	}
	for _, c := range classes {
		err := eachBucket(v.snap, tableGrave, c, id, 0, func(lo, hi []byte) error {
			n, err := countKeys(v.snap, lo, hi)
			graves += n
			return err
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return carried, graves, nil
}

func countKeys(r pebble.Reader, lo, hi []byte) (n uint64, err error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		n++
	}
	return n, it.Error()
}
