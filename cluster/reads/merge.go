package reads

import (
	"context"
	"slices"
	"time"

	"github.com/parley-im/parley/im"
)

// merge makes one order of what several nodes find. It holds a page of keys of each, however far back the page lies that is asked
// for.
type merge struct {
	r *Reads
	q *im.Query
	// ready are the sources that have keys, in the order of the first one of each.
	ready []*source
}

// source is what one node finds of some shards.
type source struct {
	assignment
	// not are the nodes that were asked for these shards in vain.
	not []string
	// keys have arrived and were not taken yet; more says that others follow after the key after, which was the last one.
	keys  []im.FoundKey
	more  bool
	after *im.FoundKey
}

func sourcesOf(asked []assignment, not []string, after *im.FoundKey) []*source {
	sources := make([]*source, 0, len(asked))
	for _, a := range asked {
		sources = append(sources, &source{assignment: a, not: not, after: after})
	}
	return sources
}

// page returns the keys of limit records after the first skip.
func (m *merge) page(ctx context.Context, sources []*source, skip, limit int) (page []im.FoundKey, err error) {
	if err := m.fillAll(ctx, sources, skip+limit); err != nil {
		return nil, err
	}
	for left := skip + limit; left > 0 && len(m.ready) > 0; {
		s := m.ready[0]
		m.ready = slices.Delete(m.ready, 0, 1)
		if left--; left < limit {
			page = append(page, s.keys[0])
		}
		s.keys = s.keys[1:]
		switch {
		case len(s.keys) > 0:
			m.put(s)
		case s.more && left > 0:
			if err := m.fillAll(ctx, []*source{s}, left); err != nil {
				return nil, err
			}
		}
	}
	return page, nil
}

// put makes a source ready, if it has a key.
func (m *merge) put(s *source) {
	if len(s.keys) == 0 {
		return
	}
	i, _ := slices.BinarySearchFunc(m.ready, &s.keys[0], func(other *source, k *im.FoundKey) int {
		return m.r.o.Compare(m.q, &other.keys[0], k)
	})
	m.ready = slices.Insert(m.ready, i, s)
}

// fillAll gets the next keys of each of the sources, or of those that take its place, at most limit of each.
func (m *merge) fillAll(ctx context.Context, sources []*source, limit int) error {
	limit = min(limit, m.r.o.limits.pageKeys)
	filled, err := each(ctx, sources, func(ctx context.Context, s *source) ([]*source, error) { return m.fill(ctx, s, limit) })
	for _, s := range filled {
		m.put(s)
	}
	return err
}

// fill gets the next keys of a source. When its node does not answer, others take its place, which begin where it has stopped.
func (m *merge) fill(ctx context.Context, s *source, limit int) ([]*source, error) {
	began := time.Now()
	keys, more, err := m.r.keysAt(ctx, m.q, s, limit)
	if err == nil {
		s.keys, s.more = keys, more
		if len(keys) > 0 {
			s.after = &keys[len(keys)-1]
		}
		return []*source{s}, nil
	}
	if !m.r.mayHelp(ctx, began, err) {
		return nil, err
	}
	not := append(slices.Clone(s.not), s.node)
	others, planErr := m.r.plan(s.shards, not)
	if planErr != nil {
		return nil, err // says more
	}
	return each(ctx, sourcesOf(others, not, s.after), func(ctx context.Context, s *source) ([]*source, error) { return m.fill(ctx, s, limit) })
}
