package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Search returns what q asks for of the given shards, all of one moment. Numbers sort by their value, before strings,
// which sort byte by byte, and those before booleans. q satisfies CheckQuery; the shards are of 1..Shards, each once. alive is
// asked now and then whether to go on; its error is returned.
//
// The time grows with the records that have what the rarest condition asks for, and without Sort only up to the end of the
// page: a Skip beyond them costs no more. The memory grows with Limit alone.
func (s *Store) Search(q *im.Query, shards []im.ShardID, alive func() error) (_ []im.Found, err error) {
	p, ok := newPlan(q)
	if !ok || q.Limit == 0 {
		return nil, nil
	}
	r := s.newSearch(p, shards, alive)
	defer func() { err = errors.Join(err, r.close()) }()
	return r.run(q.Skip, q.Limit)
}

// search is one search under way.
type search struct {
	plan   plan
	shards []im.ShardID
	snap   *pebble.Snapshot
	alive  lifeline
	// maxTop and maxTopBytes are the constants of that name; tests do with less.
	maxTop, maxTopBytes int
}

// newSearch begins a search, which is to be closed.
func (s *Store) newSearch(p plan, shards []im.ShardID, alive func() error) *search {
	return &search{
		plan: p, shards: shards, snap: s.db.NewSnapshot(), alive: lifeline{ask: alive}, maxTop: maxTop, maxTopBytes: maxTopBytes,
	}
}

func (s *search) close() error { return s.snap.Close() }

// lifeline asks every so many steps whether to go on.
type lifeline struct {
	ask   func() error
	steps int
}

const stepsPerAsk = 256

func (l *lifeline) err() error {
	if l.steps++; l.steps%stepsPerAsk != 0 {
		return nil
	}
	return l.ask()
}

// count returns how many records there are, whatever the conditions.
func (s *search) count() (n uint64, _ error) {
	for _, id := range s.shards {
		more, _, err := get(s.snap, countKey(nil, id, s.plan.app, s.plan.kind), decodeCount)
		if err != nil {
			return 0, err
		}
		n += more
	}
	return n, nil
}

func (s *search) run(skip, limit int) ([]im.Found, error) {
	n, err := s.count()
	if err != nil || uint64(skip) >= n {
		return nil, err
	}
	page, err := s.page(skip, limit)
	if err != nil {
		return nil, err
	}
	return s.read(page)
}

func (s *search) page(skip, limit int) ([]sortable, error) {
	if len(s.plan.order) == 0 {
		page, _, err := s.byID(nil, skip, limit)
		return page, err
	}
	if skip > 0 && len(s.plan.indexed) > 0 {
		// To count matches is cheap, to sort those that nobody gets is not.
		if page, _, err := s.byID(nil, skip, 1); err != nil || len(page) == 0 {
			return nil, err
		}
	}
	return s.sorted(skip, limit)
}

// sorted goes over the matches and keeps the first of them, again and again until the page is whole: once, unless it lies
// further back than is held at once.
func (s *search) sorted(skip, limit int) (page []sortable, _ error) {
	var passed *sortable
	for {
		first, more, err := s.first(passed, min(skip, maxTop)+min(limit-len(page), maxTop))
		if err != nil {
			return nil, err
		}
		if skip < len(first) {
			page = append(page, first[skip:min(len(first), skip+limit-len(page))]...)
		}
		skip = max(0, skip-len(first))
		if !more || len(page) == limit {
			return page, nil
		}
		passed = &first[len(first)-1]
	}
}

// first goes over the matches once and returns the first of those that come after passed, if it is set: n of them, or as
// many as are held at once. more says that others follow.
func (s *search) first(passed *sortable, n int) (first []sortable, more bool, _ error) {
	t := top{order: s.plan.order, limit: min(n, s.maxTop), maxBytes: s.maxTopBytes}
	if err := s.offerAll(&t, passed); err != nil {
		return nil, false, err
	}
	return t.sorted(), t.dropped, nil
}

// offerAll offers all matches that come after passed, if it is set.
func (s *search) offerAll(t *top, passed *sortable) error {
	var x sortable
	var scratch [20]byte
	for _, id := range s.shards {
		m, err := s.matchesOf(id)
		if err != nil {
			return err
		}
		for ok := m.first(); ok; ok = m.next() {
			p, err := m.record()
			if err != nil {
				m.err = err
				break
			}
			x.read(t.order, id, m.id, p, scratch[:])
			if passed == nil || t.order.compare(&x, passed) > 0 {
				t.offer(&x)
			}
		}
		if err := errors.Join(m.err, m.close()); err != nil {
			return err
		}
	}
	return nil
}

// read returns the records of a page.
func (s *search) read(page []sortable) ([]im.Found, error) {
	out := make([]im.Found, 0, len(page))
	for i := range page {
		id := string(page[i].id)
		f, ok, err := s.record(page[i].shard, id)
		if err == nil && !ok {
			err = fmt.Errorf("%w: %s is in the index and has no record", errCorrupt, id)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// record returns the record of id, and false when there is none.
func (s *search) record(shard im.ShardID, id string) (im.Found, bool, error) {
	key := append(append(kindPrefix(nil, tableRecord, shard, s.plan.app, s.plan.kind), id...), 0)
	f, ok, err := get(s.snap, key, decodeFound)
	f.ID = id
	return f, ok, err
}

// decodeFound reads what a search answers with, but for the id, with a body of its own.
func decodeFound(v []byte) (im.Found, error) {
	var p public
	if err := decodePublic(v, &p); err != nil {
		return im.Found{}, err
	}
	return im.Found{TS: p.ts, Body: bytes.Clone(p.body)}, nil
}
