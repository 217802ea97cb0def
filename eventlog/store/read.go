package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Head returns the head of a's log, the zero Head when it is empty.
func (s *Store) Head(a im.Address) (im.Head, error) {
	h, err := s.head(s.db, a)
	return h.Head, err
}

// Read returns the entries of a with Seq > seq, oldest first, at most limit, without the messages older than horizon, and without
// what lies before the watermark.
func (s *Store) Read(a im.Address, seq uint64, horizon im.Millis, limit int) (out []im.Entry, err error) {
	r, err := s.read(a)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.end()) }()
	h, err := s.head(r, a)
	if err != nil || h.Seq <= seq || limit <= 0 {
		return nil, err
	}
	start := h.firstTS
	if h.SnapSeq > 0 && seq >= h.SnapSeq {
		start = h.SnapTS
	}
	err = s.walk(r, a, r.watermark, func(l *log) error {
		return l.forward(max(s.lengths.bucket(l.class, start), r.watermark), seq+1, func(e event) (bool, error) {
			if e.N == 0 || e.TS >= horizon {
				out = append(out, e.kept())
			}
			return len(out) < limit, nil
		})
	})
	return out, err
}

// Owed returns the addresses of a shard that owe tells, in key order.
func (s *Store) Owed(id im.ShardID) (_ []im.Address, err error) {
	prefix := shardKey(tableOwed, id)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var out []im.Address
	for it.First(); it.Valid(); it.Next() {
		a, rest, ok := im.CutKey(it.Key()[len(prefix):])
		if !ok || len(rest) > 0 {
			return nil, errCorrupt
		}
		out = append(out, a)
	}
	return out, it.Error()
}
