package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Lookup returns where the entry with id was put, if it is not older than horizon, or was stored within a window of the
// newest entry: a horizon that a wrong clock moved must not let a repeat in. What lies before the watermark is forgotten.
func (s *Store) Lookup(a im.Address, id string, horizon im.Millis) (im.StoredAt, bool, error) {
	c, shard := ClassOf(a), s.ShardOf(a)
	marks, err := marksIn(s.db, shard)
	if err != nil {
		return im.StoredAt{}, false, err
	}
	h, err := s.head(s.db, a)
	if err != nil || h.Seq == 0 || id == "" {
		return im.StoredAt{}, false, err
	}
	horizon = max(min(horizon, h.TS-s.lengths.window(c)), marks[c].Watermark)
	oldest := s.lengths.idWindow(c, max(horizon, h.firstTS))
	for w := s.lengths.idWindow(c, h.TS); w >= oldest; {
		at, ok, err := get(s.db, dedupKey(nil, w, shard, a, id), decodeStoredAt)
		if err != nil || ok {
			return at, ok && at.TS >= horizon, err
		}
		if w, err = s.windowBefore(c, w, oldest); err != nil {
			return im.StoredAt{}, false, err
		}
	}
	return im.StoredAt{}, false, nil
}

// windowBefore returns a window before w, after which none holds an id; one before oldest may stand for none. Usually
// two windows are of interest. There are more when a clock was far ahead once, and then most of them are empty.
func (s *Store) windowBefore(c Class, w, oldest im.Millis) (before im.Millis, err error) {
	length := s.lengths.window(c)
	if w-oldest <= 2*length {
		return w - length, nil
	}
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: appendBucket(nil, tableDedup, c, oldest), UpperBound: appendBucket(nil, tableDedup, c, w),
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	before = oldest - length
	if it.Last() {
		before, _ = bucketOf(it.Key())
	}
	return before, it.Error()
}
