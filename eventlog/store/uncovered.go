package store

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// maxLook bounds the addresses that one Uncovered looks at.
const maxLook = 4096

// Uncovered returns addresses of a shard that need entries with stamps before the given start of a bucket, which would be missing when the
// watermark moves there: at most limit of them, each once. from is where to begin, nil or what another call has returned as next; a
// nil next is the end. There may be others though none are returned, since a call looks at some thousand addresses only.
func (s *Store) Uncovered(
	id im.ShardID, c Class, before im.Millis, from []byte, limit int,
) (addrs []im.Address, next []byte, err error) {
	turn := s.reads.begin()
	defer s.reads.end(turn)
	snap := s.db.NewSnapshot()
	defer func() { err = errors.Join(err, snap.Close()) }()
	marks, err := marksIn(snap, id)
	if err != nil || !c.expires() {
		return nil, nil, err
	}
	if marks[c].Watermark >= before {
		return nil, nil, nil
	}
	it, err := snap.NewIter(&pebble.IterOptions{
		LowerBound: appendBucket(nil, tableEvent, c, marks[c].Watermark), UpperBound: appendBucket(nil, tableEvent, c, before),
	})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	u := uncovered{s: s, snap: snap, it: it, id: id, class: c}
	return u.scan(from, limit)
}

// uncovered goes over the addresses of one shard in some buckets, seeking from one to the next.
type uncovered struct {
	s     *Store
	snap  *pebble.Snapshot
	it    *pebble.Iterator
	id    im.ShardID
	class Class
}

func (u *uncovered) scan(from []byte, limit int) (addrs []im.Address, next []byte, err error) {
	at := from
	if len(at) == 0 {
		at = appendBucket(nil, tableEvent, u.class, 0)
	}
	for range maxLook {
		a, prefix, err := u.address(at)
		if err != nil || prefix == nil {
			return addrs, nil, err
		}
		if len(addrs) == limit {
			return addrs, prefix, nil
		}
		needs, err := u.needs(a, prefix)
		if err != nil {
			return addrs, nil, err
		}
		if needs {
			addrs = append(addrs, a)
		}
		at = after(prefix)
	}
	return addrs, at, nil
}

// address goes to the first address of the shard at or after a key, and returns it with the prefix of its keys in that bucket; a nil
// prefix when there is none.
func (u *uncovered) address(at []byte) (im.Address, []byte, error) {
	for u.it.SeekGE(at); u.it.Valid(); u.it.SeekGE(at) {
		key := u.it.Key()
		b, ok := bucketOf(key)
		if !ok {
			return im.Address{}, nil, errCorrupt
		}
		bucket := appendBucket(nil, tableEvent, u.class, b)
		shard := appendShard(bytes.Clone(bucket), u.id)
		switch {
		case bytes.Compare(key, shard) < 0:
			at = shard
		case !bytes.HasPrefix(key, shard):
			at = after(bucket)
		default:
			a, rest, ok := im.CutKey(key[len(shard):])
			if !ok || len(rest) != seqBytes {
				return im.Address{}, nil, errCorrupt
			}
			return a, bytes.Clone(key[:len(key)-seqBytes]), nil
		}
	}
	return im.Address{}, nil, u.it.Error()
}

// needs reports whether the first entry that a needs, and that is not carried, is in the bucket whose prefix this is. That is so in
// one bucket only.
func (u *uncovered) needs(a im.Address, prefix []byte) (bool, error) {
	h, err := u.s.head(u.snap, a)
	if err != nil {
		return false, err
	}
	o, err := u.s.owed(u.snap, a)
	if err != nil {
		return false, err
	}
	first := max(h.need(o), h.carriedLast+1)
	if first > h.Seq {
		return false, nil
	}
	_, found, err := get(u.snap, binary.BigEndian.AppendUint64(bytes.Clone(prefix), first), decodeEvent)
	return found, err
}
