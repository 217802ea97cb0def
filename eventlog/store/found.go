package store

import (
	"errors"

	"github.com/parley-im/parley/im"
)

const (
	// MaxKeys bounds the keys that one SearchKeys returns.
	MaxKeys = maxTop
	// MaxKeysBytes bounds what they take in memory. As protobuf they take less: perValue is more than what stands there around
	// an id or a value.
	MaxKeysBytes = 4 << 20
)

// SearchKeys returns the keys of what q asks for of the given shards, all of one moment and in the order of CompareKeys, from the
// first one that comes after the given key, if that is not nil: at most limit of them, MaxKeys and MaxKeysBytes. more says that
// others follow. Skip and Limit of q are not looked at. q satisfies CheckQuery, and after CheckKey; the shards are of 1..Shards,
// each once; limit is at least 1. alive is asked now and then whether to go on; its error is returned.
//
// Each call of a query that sorts goes over all the matches.
func (s *Store) SearchKeys(
	q *im.Query, shards []im.ShardID, after *im.FoundKey, limit int, alive func() error,
) (keys []im.FoundKey, more bool, err error) {
	p, ok := newPlan(q)
	if !ok {
		return nil, false, nil
	}
	r := s.newSearch(p, shards, alive)
	r.maxTopBytes = MaxKeysBytes
	defer func() { err = errors.Join(err, r.close()) }()
	return r.keys(after, limit)
}

func (s *search) keys(after *im.FoundKey, limit int) (keys []im.FoundKey, more bool, err error) {
	var passed *sortable
	if after != nil {
		passed = sortableOf(after)
	}
	page, more, err := s.keyPage(passed, min(limit, s.maxTop))
	for i := range page {
		keys = append(keys, page[i].key())
	}
	return keys, more, err
}

func (s *search) keyPage(passed *sortable, limit int) (page []sortable, more bool, err error) {
	if len(s.plan.order) > 0 {
		return s.first(passed, limit)
	}
	var id []byte
	if passed != nil {
		id = passed.id
	}
	page, more, err = s.byID(id, 0, limit)
	for i, left := 0, s.maxTopBytes; i < len(page); i++ {
		if left -= page[i].size(); left < 0 && i > 0 {
			return page[:i], true, err
		}
	}
	return page, more, err
}

// Records returns the records of these keys, in their order, as they are at one moment. Those that are gone are left out; others
// may have changed since they were found. alive is asked now and then whether to go on; its error is returned.
func (s *Store) Records(app im.AppID, kind im.Kind, keys []im.FoundKey, alive func() error) (found []im.Found, err error) {
	r := s.newSearch(plan{app: app, kind: kind}, nil, alive)
	defer func() { err = errors.Join(err, r.close()) }()
	for i := range keys {
		if err := r.alive.err(); err != nil {
			return nil, err
		}
		f, ok, err := r.record(keys[i].Shard, keys[i].ID)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, f)
		}
	}
	return found, nil
}
