package store

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// log walks the entries of one address over the buckets that they are spread on. It leaps from bucket to bucket by
// seeks, so that empty buckets cost nothing and a bucket without the address costs two.
type log struct {
	it    *pebble.Iterator
	addr  im.Address
	shard im.ShardID
	class class
	// bucket is the bucket that the walk is in, prefix the address's keys in it.
	bucket im.Millis
	prefix []byte
}

func (s *Store) openLog(r pebble.Reader, a im.Address) (*log, error) {
	c := classOf(a.Kind)
	lower := []byte{tableEvent, byte(c)}
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return nil, err
	}
	return &log{it: it, addr: a, shard: s.ShardOf(a), class: c}, nil
}

func (l *log) close() error { return l.it.Close() }

func (l *log) enter(bucket im.Millis) {
	l.bucket = bucket
	l.prefix = eventPrefix(l.prefix[:0], bucket, l.shard, l.addr)
}

// here reports whether the walk stands on an entry of the address in its bucket.
func (l *log) here() bool { return l.it.Valid() && bytes.HasPrefix(l.it.Key(), l.prefix) }

// forward visits entries with seq >= from, oldest first, beginning in the given bucket, until visit returns false.
func (l *log) forward(bucket im.Millis, from uint64, visit func(im.Entry) (bool, error)) error {
	l.enter(bucket)
	for {
		l.it.SeekGE(binary.BigEndian.AppendUint64(l.prefix, from))
		for ; l.here(); l.it.Next() {
			if more, err := l.visit(visit); err != nil || !more {
				return err
			}
		}
		if !l.nextBucket() {
			return l.it.Error()
		}
	}
}

// nextBucket enters the next bucket that holds anything after the present one.
func (l *log) nextBucket() bool {
	b, ok := l.bucketHere()
	if ok && b == l.bucket {
		l.it.SeekGE(after(appendBucket(nil, tableEvent, l.class, l.bucket)))
		b, ok = l.bucketHere()
	}
	if ok {
		l.enter(b)
	}
	return ok
}

// backward visits all entries, newest first, beginning in the given bucket, until visit returns false or no bucket at
// or after oldest is left.
func (l *log) backward(bucket, oldest im.Millis, visit func(im.Entry) (bool, error)) error {
	for l.enter(bucket); l.bucket >= oldest; {
		l.it.SeekLT(after(l.prefix))
		for ; l.here(); l.it.Prev() {
			if more, err := l.visit(visit); err != nil || !more {
				return err
			}
		}
		if !l.previousBucket() {
			break
		}
	}
	return l.it.Error()
}

func (l *log) previousBucket() bool {
	b, ok := l.bucketHere()
	if ok && b == l.bucket {
		l.it.SeekLT(appendBucket(nil, tableEvent, l.class, l.bucket))
		b, ok = l.bucketHere()
	}
	if ok {
		l.enter(b)
	}
	return ok
}

func (l *log) bucketHere() (im.Millis, bool) {
	if !l.it.Valid() {
		return 0, false
	}
	return bucketOf(l.it.Key())
}

// visit decodes the present entry, with a body of its own, and hands it on.
func (l *log) visit(visit func(im.Entry) (bool, error)) (bool, error) {
	key := l.it.Key()
	if len(key) != len(l.prefix)+seqBytes {
		return false, errCorrupt
	}
	v, err := l.it.ValueAndErr()
	if err != nil {
		return false, err
	}
	e, err := decodeEvent(v)
	if err != nil {
		return false, err
	}
	e.Seq = binary.BigEndian.Uint64(key[len(l.prefix):])
	e.Body = bytes.Clone(e.Body)
	return visit(e.Entry)
}

// walk runs one walk over a's log and closes it.
func (s *Store) walk(r pebble.Reader, a im.Address, run func(*log) error) error {
	l, err := s.openLog(r, a)
	if err != nil {
		return err
	}
	return errors.Join(run(l), l.close())
}
