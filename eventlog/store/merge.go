package store

import (
	"bytes"
	"container/heap"
	"errors"

	"github.com/parley-im/parley/im"
)

// byID merges the matches of all shards by id, up to the end of the page. What is skipped is not read.
func (s *search) byID(skip, limit int) (page []sortable, err error) {
	var m merge
	defer func() { err = errors.Join(err, m.close()) }()
	for id := im.ShardID(1); id <= im.ShardID(s.s.shards); id++ {
		one, err := s.matchesOf(id)
		if err != nil {
			return nil, err
		}
		m.all = append(m.all, one)
		if one.first() {
			m.open = append(m.open, one)
		} else if one.err != nil {
			return nil, one.err
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
			return nil, one.err
		}
		heap.Pop(&m)
	}
	return page, nil
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
