package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// everything are marks that nothing lies before.
var everything [len(classes)]Marks

// eachRange calls visit with every range of keys of a shard that is not before the watermarks, that of its meta key last. An entry is
// before them with its bucket, an id when its whole window is.
func (s *Store) eachRange(r pebble.Reader, id im.ShardID, marks [len(classes)]Marks, visit func(lo, hi []byte) error) error {
	for _, table := range []byte{tableEvent, tableDedup, tableGrave} {
		for _, c := range classes {
			if err := eachBucket(r, table, c, id, s.firstOf(table, c, marks[c].Watermark), visit); err != nil {
				return err
			}
		}
	}
	for _, table := range []byte{
		tableHead, tableSnapshot, tablePartial, tableOwed, tableRecord, tableIndex, tableCount, tableCarry, tableMeta,
	} {
		p := shardKey(table, id)
		if err := visit(p, after(p)); err != nil {
			return err
		}
	}
	return nil
}

// firstOf returns the first bucket or window of a table that holds anything not before the watermark. What comes earlier may be deleted.
func (s *Store) firstOf(table byte, c Class, watermark im.Millis) im.Millis {
	switch table {
	case tableEvent:
		return watermark
	case tableDedup:
		return s.lengths.idWindow(c, watermark)
	}
	return 0
}

// eachBucket calls visit with every range of keys of a shard in one table and class, from the given bucket on.
func eachBucket(r pebble.Reader, table byte, c Class, id im.ShardID, from im.Millis, visit func(lo, hi []byte) error) error {
	return eachBucketOfAll(r, table, c, from, func(b im.Millis) error {
		lo := appendShard(appendBucket(nil, table, c, b), id)
		return visit(lo, after(lo))
	})
}

// eachBucketOfAll calls visit with every bucket of one table and class that any shard has something in, from the given one on.
func eachBucketOfAll(r pebble.Reader, table byte, c Class, from im.Millis, visit func(im.Millis) error) (err error) {
	it, err := r.NewIter(&pebble.IterOptions{
		LowerBound: appendBucket(nil, table, c, from), UpperBound: after([]byte{table, byte(c)}),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); {
		b, ok := bucketOf(it.Key())
		if !ok {
			return errCorrupt
		}
		if err := visit(b); err != nil {
			return err
		}
		it.SeekGE(after(appendBucket(nil, table, c, b)))
	}
	return it.Error()
}
