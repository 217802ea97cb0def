package store

import (
	"container/heap"
	"slices"
)

const (
	// maxTop records, or maxTopBytes of what they are sorted by, are held at once by a search that sorts. What lies
	// further back is found by going over the matches again.
	maxTop      = 16384
	maxTopBytes = 8 << 20
)

// top keeps the first of the records that it is offered: a heap, the last of them at the top.
type top struct {
	order    order
	limit    int // records, at least 1
	maxBytes int

	items []sortable
	bytes int
	// bound, when set, comes before all that were dropped for want of bytes: nothing from there on is taken.
	bound *sortable
	// dropped says that not all that was offered is there.
	dropped bool
}

func (t *top) Len() int           { return len(t.items) }
func (t *top) Less(i, j int) bool { return t.order.compare(&t.items[i], &t.items[j]) > 0 }
func (t *top) Swap(i, j int)      { t.items[i], t.items[j] = t.items[j], t.items[i] }

// Push implements heap.Interface.
func (t *top) Push(x any) { t.items = append(t.items, x.(sortable)) }

// Pop implements heap.Interface.
func (t *top) Pop() any {
	last := len(t.items) - 1
	x := t.items[last]
	t.items[last], t.items = sortable{}, t.items[:last]
	return x
}

// offer takes a copy of s if it belongs to the first.
func (t *top) offer(s *sortable) {
	if t.bound != nil && t.order.compare(s, t.bound) >= 0 ||
		len(t.items) == t.limit && t.order.compare(s, &t.items[0]) >= 0 {
		t.dropped = true
		return
	}
	t.bytes += s.size()
	heap.Push(t, s.clone())
	for len(t.items) > t.limit || t.bytes > t.maxBytes && len(t.items) > 1 {
		last := heap.Pop(t).(sortable)
		t.bytes -= last.size()
		t.bound, t.dropped = &last, true
	}
}

// sorted returns what t has, in order. t is done with.
func (t *top) sorted() []sortable {
	slices.SortFunc(t.items, func(a, b sortable) int { return t.order.compare(&a, &b) })
	return t.items
}
