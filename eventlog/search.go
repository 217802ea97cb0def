package eventlog

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// searches bounds the searches of a node.
type searches struct {
	slots chan struct{} // taken by those that are at work
	// limit bounds those that wait for a slot.
	limit   int64
	waiting atomic.Int64
}

func newSearches(limit int) *searches {
	return &searches{slots: make(chan struct{}, searchesAtOnce()), limit: int64(limit)}
}

// searchesAtOnce is the number of searches at work: as many as there are workers for other reads. They have goroutines of
// their own, so that the others do not wait behind a long one.
func searchesAtOnce() int { return max(4, 2*runtime.GOMAXPROCS(0)) }

// enter waits for a slot. What does not fit into the bound of those that wait is refused.
func (s *searches) enter(ctx context.Context, closing <-chan struct{}) error {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.limit {
		return errOverloaded
	}
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-closing:
		return errClosed
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

func (s *searches) leave() { <-s.slots }

// Search returns what q asks for: the records of one app and kind that have what Where says, in the order of Sort, Limit of
// them after the first Skip. Numbers sort by their value and come before strings, which sort byte by byte, and those before
// booleans; what lacks a key comes last whatever the direction, and equals are ordered by id.
//
// It waits for a barrier of each shard, and sees everything that was answered before it began, all shards as of one moment;
// without a majority of one of them it fails as Unavailable. The other errors, as *im.Error: Invalid, TooLong (more than
// store.MaxSortKeys sort keys), Overloaded, and Unavailable when ctx ends, which is looked at all the time. So many
// searches are at work as there are workers; the others wait for their turn.
func (l *Log) Search(ctx context.Context, q im.Query) ([]im.Found, error) {
	if err := store.CheckQuery(&q); err != nil {
		return nil, err
	}
	if !l.beginSearch() {
		return nil, errClosed
	}
	defer l.searching.Done()
	if err := l.searches.enter(ctx, l.closing); err != nil {
		if im.KindOf(err) == im.Overloaded {
			l.overloaded()
		}
		return nil, err
	}
	defer l.searches.leave()
	if err := l.barriers(ctx); err != nil {
		return nil, err
	}
	done, ok := l.whole()
	if !ok {
		return nil, errReplaced
	}
	defer done()
	found, err := l.store.Search(&q, func() error { return l.alive(ctx) })
	if gone := l.alive(ctx); err != nil && gone != nil {
		return nil, gone
	}
	return found, internal("eventlog.search", err)
}

// beginSearch keeps the store open until searching is done. It reports false when the log is closed.
func (l *Log) beginSearch() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if !l.closed {
		l.searching.Add(1)
	}
	return !l.closed
}

// barriers waits for a barrier of every shard that holds actors, of all at the same time.
func (l *Log) barriers(ctx context.Context) error {
	answers := make(chan error, len(l.shards))
	for _, s := range l.shards[1:] {
		l.read(s.id, read{run: func() { answers <- nil }, fail: func(err error) { answers <- err }})
	}
	for range l.shards[1:] {
		select {
		case err := <-answers:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return gaveUp(ctx)
		}
	}
	return nil
}

// whole keeps the shards that hold actors from being replaced until done is called. It reports false when one of them is.
func (l *Log) whole() (done func(), ok bool) {
	held := 1
	done = func() {
		for held--; held > 0; held-- {
			l.ours[held].replacing.RUnlock()
		}
	}
	for ; held < len(l.ours); held++ {
		if !l.ours[held].replacing.TryRLock() {
			done()
			return nil, false
		}
	}
	return done, true
}

// alive returns why a search must not go on, nil when it may.
func (l *Log) alive(ctx context.Context) error {
	select {
	case <-l.closing:
		return errClosed
	case <-ctx.Done():
		return gaveUp(ctx)
	default:
		return nil
	}
}

func gaveUp(ctx context.Context) error {
	return &im.Error{Op: "eventlog.search", Kind: im.Unavailable, Err: context.Cause(ctx)}
}
