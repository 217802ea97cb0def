package attendance

import "github.com/parley-im/parley/im"

// queue is what a shard's actors say while its table is gathered, in order.
type queue struct {
	waiting []said
	bytes   int
}

// said is one of them.
type said struct {
	// say says it.
	say func()
	// fail says that nobody will; nil = nobody asks.
	fail func(error)
}

// add queues s, which holds so many bytes, or refuses with im.Retry.
func (q *queue) add(bytes int, s said) error {
	bytes += waitingCost
	if q.bytes+bytes > maxWaitingBytes {
		return im.E("attendance.gather", im.Retry, "")
	}
	q.bytes += bytes
	q.waiting = append(q.waiting, s)
	return nil
}

// take empties the queue.
func (q *queue) take() []said {
	all := q.waiting
	q.waiting, q.bytes = nil, 0
	return all
}
