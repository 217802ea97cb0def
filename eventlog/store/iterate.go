package store

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// log walks the entries of one address over the buckets that they are spread on. It leaps from bucket to bucket by
// seeks, so that empty buckets cost nothing and a bucket without the address costs two. It ends at the watermark.
type log struct {
	it    *pebble.Iterator
	addr  im.Address
	shard im.ShardID
	class Class
	// bucket is the bucket that the walk is in, prefix the address's keys in it.
	bucket im.Millis
	prefix []byte
	// steps counts seeks and entries read, for tests.
	steps int
}

// walk runs one walk over what r has of a's log from the watermark on, and closes it.
func (s *Store) walk(r pebble.Reader, a im.Address, watermark im.Millis, run func(*log) error) error {
	c := ClassOf(a)
	it, err := r.NewIter(&pebble.IterOptions{
		LowerBound: appendBucket(nil, tableEvent, c, watermark), UpperBound: after([]byte{tableEvent, byte(c)}),
	})
	if err != nil {
		return err
	}
	l := &log{it: it, addr: a, shard: s.ShardOf(a), class: c}
	return errors.Join(run(l), it.Close())
}

func (l *log) enter(bucket im.Millis) {
	l.bucket = bucket
	l.prefix = eventPrefix(l.prefix[:0], bucket, l.shard, l.addr)
}

func (l *log) seekGE(key []byte) {
	l.steps++
	l.it.SeekGE(key)
}

func (l *log) seekLT(key []byte) {
	l.steps++
	l.it.SeekLT(key)
}

// seekSeq goes to the entry with that seq in the bucket, or to what follows where it would be.
func (l *log) seekSeq(seq uint64) { l.seekGE(binary.BigEndian.AppendUint64(l.prefix, seq)) }

// here reports whether the walk stands on an entry of the address in its bucket.
func (l *log) here() bool { return l.it.Valid() && bytes.HasPrefix(l.it.Key(), l.prefix) }

// seq returns the seq of the entry that the walk stands on.
func (l *log) seq() uint64 {
	key := l.it.Key()
	return binary.BigEndian.Uint64(key[len(key)-seqBytes:])
}

// forward visits entries with seq >= from, oldest first, beginning in the given bucket, until visit returns false. The body of an
// event is good for the visit.
func (l *log) forward(bucket im.Millis, from uint64, visit func(event) (bool, error)) error {
	l.enter(bucket)
	for {
		l.seekSeq(from)
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
		l.seekGE(after(appendBucket(nil, tableEvent, l.class, l.bucket)))
		b, ok = l.bucketHere()
	}
	if ok {
		l.enter(b)
	}
	return ok
}

// previousBucket enters the bucket before the present one that holds anything.
func (l *log) previousBucket() bool {
	b, ok := l.bucketHere()
	if ok && b == l.bucket {
		l.seekLT(appendBucket(nil, tableEvent, l.class, l.bucket))
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

// visit hands the present entry on.
func (l *log) visit(visit func(event) (bool, error)) (bool, error) {
	l.steps++
	e, err := eventAt(l.it, len(l.prefix))
	if err != nil {
		return false, err
	}
	return visit(e)
}

// eventAt decodes the entry that it stands on, whose key is that of an address, so long, and a seq. The body is good until it moves.
func eventAt(it *pebble.Iterator, prefix int) (event, error) {
	key := it.Key()
	if len(key) != prefix+seqBytes {
		return event{}, errCorrupt
	}
	v, err := it.ValueAndErr()
	if err != nil {
		return event{}, err
	}
	e, err := decodeEvent(v)
	if err != nil {
		return event{}, err
	}
	e.Seq = binary.BigEndian.Uint64(key[prefix:])
	return e, nil
}

// kept returns the entry with a body of its own.
func (e *event) kept() im.Entry {
	e.Body = bytes.Clone(e.Body)
	return e.Entry
}
