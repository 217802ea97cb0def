package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Search returns what q asks for of shards 1..Shards, all of one moment. Numbers sort by their value, before strings,
// which sort byte by byte, and those before booleans. q satisfies CheckQuery. alive is asked now and then whether to go on;
// its error is returned.
//
// The time grows with the records that have what the rarest condition asks for, and without Sort only up to the end of the
// page: a Skip beyond them costs no more. The memory grows with Limit alone.
func (s *Store) Search(q *im.Query, alive func() error) (_ []im.Found, err error) {
	p, ok := newPlan(q)
	if !ok || q.Limit == 0 {
		return nil, nil
	}
	r := &search{
		s: s, plan: p, snap: s.db.NewSnapshot(), alive: lifeline{ask: alive}, maxTop: maxTop, maxTopBytes: maxTopBytes,
	}
	defer func() { err = errors.Join(err, r.snap.Close()) }()
	return r.run(q.Skip, q.Limit)
}

// search is one search under way.
type search struct {
	s     *Store
	plan  plan
	snap  *pebble.Snapshot
	alive lifeline
	// maxTop and maxTopBytes are the constants of that name; tests do with less.
	maxTop, maxTopBytes int
}

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
func (s *search) count() (n uint64, err error) {
	for id := im.ShardID(1); id <= im.ShardID(s.s.shards) && err == nil; id++ {
		var more uint64
		more, _, err = get(s.snap, countKey(nil, id, s.plan.app, s.plan.kind), decodeCount)
		n += more
	}
	return n, err
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
		return s.byID(skip, limit)
	}
	if skip > 0 && len(s.plan.indexed) > 0 {
		// To count matches is cheap, to sort those that nobody gets is not.
		if page, err := s.byID(skip, 1); err != nil || len(page) == 0 {
			return nil, err
		}
	}
	return s.sorted(skip, limit)
}

// sorted goes over the matches and keeps the first of them, again and again until the page is whole: once, unless it lies
// further back than is held at once.
func (s *search) sorted(skip, limit int) (page []sortable, err error) {
	var passed *sortable
	for {
		n := min(skip, maxTop) + min(limit-len(page), maxTop)
		t := top{order: s.plan.order, limit: min(n, s.maxTop), maxBytes: s.maxTopBytes}
		if err := s.offerAll(&t, passed); err != nil {
			return nil, err
		}
		first := t.sorted()
		if skip < len(first) {
			page = append(page, first[skip:min(len(first), skip+limit-len(page))]...)
		}
		skip = max(0, skip-len(first))
		if !t.dropped || len(page) == limit {
			return page, nil
		}
		passed = &first[len(first)-1]
	}
}

// offerAll offers all matches that come after passed, if it is set.
func (s *search) offerAll(t *top, passed *sortable) error {
	var x sortable
	var scratch [20]byte
	for id := im.ShardID(1); id <= im.ShardID(s.s.shards); id++ {
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
		key := append(append(kindPrefix(nil, tableRecord, page[i].shard, s.plan.app, s.plan.kind), id...), 0)
		f, ok, err := get(s.snap, key, decodeFound)
		if err == nil && !ok {
			err = fmt.Errorf("%w: %s is in the index and has no record", errCorrupt, id)
		}
		if err != nil {
			return nil, err
		}
		f.ID = id
		out = append(out, f)
	}
	return out, nil
}

// decodeFound reads what a search answers with, but for the id, with a body of its own.
func decodeFound(v []byte) (im.Found, error) {
	var p public
	if err := decodePublic(v, &p); err != nil {
		return im.Found{}, err
	}
	return im.Found{TS: p.ts, Body: bytes.Clone(p.body)}, nil
}
