package eventlog

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const opSearch = "eventlog.search"

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
// without a majority of one of them it fails as Unavailable, and at once when this node has no replica of one. The other
// errors, as *im.Error: Invalid, TooLong (more than store.MaxSortKeys sort keys), Overloaded, and Unavailable when ctx ends,
// which is looked at all the time. So many searches are at work as there are workers; the others wait for their turn.
func (l *Log) Search(ctx context.Context, q im.Query) (found []im.Found, err error) {
	if err := store.CheckQuery(&q); err != nil {
		return nil, err
	}
	shards := l.actorShards()
	err = l.search(ctx, shards, func(alive func() error) (err error) {
		found, err = l.store.Search(&q, shards, alive)
		return err
	})
	return found, err
}

// search runs a search of these shards behind their barriers, when it is its turn.
func (l *Log) search(ctx context.Context, shards []im.ShardID, run func(alive func() error) error) error {
	if !l.beginSearch() {
		return errClosed
	}
	defer l.searching.Done()
	if !l.holdsAll(shards) {
		return errAbsent
	}
	if err := l.searches.enter(ctx, l.closing); err != nil {
		if im.KindOf(err) == im.Overloaded {
			l.overloaded()
		}
		return err
	}
	defer l.searches.leave()
	if err := l.barriers(ctx, shards); err != nil {
		return err
	}
	done, err := l.whole(shards)
	if err != nil {
		return err
	}
	defer done()
	err = run(func() error { return l.alive(ctx) })
	if gone := l.alive(ctx); err != nil && gone != nil {
		return gone
	}
	return internal(opSearch, err)
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

// actorShards returns the shards that hold actors.
func (l *Log) actorShards() []im.ShardID {
	shards := make([]im.ShardID, l.o.Shards)
	for i := range shards {
		shards[i] = im.ShardID(i + 1)
	}
	return shards
}

// barriers waits for a barrier of every one of the shards, of all at the same time.
func (l *Log) barriers(ctx context.Context, shards []im.ShardID) error {
	answers := make(chan error, len(shards))
	for _, id := range shards {
		l.read(id, read{run: func() { answers <- nil }, fail: func(err error) { answers <- err }})
	}
	for range shards {
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

// whole keeps the shards from being replaced, or dropped, until done is called. It fails when one of them is, or is not here.
func (l *Log) whole(shards []im.ShardID) (done func(), err error) {
	held := 0
	done = func() {
		for ; held > 0; held-- {
			l.ours[shards[held-1]].replacing.RUnlock()
		}
	}
	for ; held < len(shards); held++ {
		if err := l.ours[shards[held]].enter(); err != nil {
			done()
			return nil, err
		}
	}
	return done, nil
}

// holdsAll reports whether this node has a replica of each of the shards.
func (l *Log) holdsAll(shards []im.ShardID) bool {
	return !slices.ContainsFunc(shards, func(id im.ShardID) bool { return !l.Holds(id) })
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
	return &im.Error{Op: opSearch, Kind: im.Unavailable, Err: context.Cause(ctx)}
}
