package store

import (
	"bytes"
	"container/heap"
	"errors"
)

// byID merges the matches of all shards by id, from the first one beyond the id passed, if it is not empty, to the end of the
// page. What is skipped is not read. more says that others follow.
func (s *search) byID(passed []byte, skip, limit int) (page []sortable, more bool, err error) {
	var m merge
	defer func() { err = errors.Join(err, m.close()) }()
	for _, id := range s.shards {
		one, err := s.matchesOf(id)
		if err != nil {
			return nil, false, err
		}
		m.all = append(m.all, one)
		if one.from(passed) {
			m.open = append(m.open, one)
		} else if one.err != nil {
			return nil, false, one.err
		}
	}
	heap.Init(&m)
	for ; len(m.open) > 0 && len(page) < limit; skip-- {
		one := m.open[0]
		if skip <= 0 {
			page = append(page, sortable{shard: one.shard, id: bytes.Clone(one.id)})
		}
		if one.next() {
			heap.Fix(&m, 0)
			continue
		}
		if one.err != nil {
			return nil, false, one.err
		}
		heap.Pop(&m)
	}
	return page, len(m.open) > 0, nil
}

// merge is a heap of the shards' matches, that with the lowest id at the top.
type merge struct {
	all, open []*matches
}

func (m *merge) close() error {
	var errs error
	for _, one := range m.all {
		errs = errors.Join(errs, one.close())
	}
	return errs
}

func (m *merge) Len() int           { return len(m.open) }
func (m *merge) Less(i, j int) bool { return bytes.Compare(m.open[i].id, m.open[j].id) < 0 }
func (m *merge) Swap(i, j int)      { m.open[i], m.open[j] = m.open[j], m.open[i] }

// Push implements heap.Interface. Nothing is ever added.
func (m *merge) Push(any) { panic("store: a merge does not grow") }

// Pop implements heap.Interface.
func (m *merge) Pop() any {
	last := len(m.open) - 1
	one := m.open[last]
	m.open = m.open[:last]
	return one
}
