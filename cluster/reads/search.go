package reads

import (
	"context"
	"slices"
	"time"

	"github.com/parley-im/parley/im"
)

const opSearch = "reads.search"

// Search returns what q asks for, in q's order, and sees every change that was answered before it began: this node's own, when all
// shards are here; otherwise of several nodes, see the package's documentation. The error is an *im.Error: that of the log, TooLong
// for a query that does not fit into a question to another node, Overloaded, and Unavailable when nobody answers who has one of the shards, and when ctx ends.
func (r *Reads) Search(ctx context.Context, q im.Query) ([]im.Found, error) {
	if r.holdsAll(r.all()) {
		found, err := r.local.Search(ctx, q)
		if !isUnavailable(err) || r.holdsAll(r.all()) {
			return found, err
		}
	}
	if q.Skip < 0 || q.Limit < 0 {
		return nil, im.E(opSearch, im.Invalid, "skip and limit are at least 0")
	}
	if q.Limit == 0 {
		return nil, nil
	}
	ctx, done, ok := r.begin(ctx)
	if !ok {
		return nil, errClosed
	}
	defer done()
	if err := r.turns.enter(ctx); err != nil {
		return nil, err
	}
	defer r.turns.leave()
	return r.searchNodes(ctx, &q)
}

// searchNodes searches each shard where it is.
func (r *Reads) searchNodes(ctx context.Context, q *im.Query) ([]im.Found, error) {
	if len(q.Sort) > 0 && q.Skip > r.o.limits.pageKeys {
		// Each page of a query that sorts costs a look at all that matches: first see, by id, whether there is so much.
		unsorted := *q
		unsorted.Sort = nil
		if first, err := r.keys(ctx, &unsorted, q.Skip, 1); err != nil || len(first) == 0 {
			return nil, err
		}
	}
	keys, err := r.keys(ctx, q, q.Skip, q.Limit)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return r.records(ctx, q, keys)
}

// keys returns those of limit records after the first skip.
func (r *Reads) keys(ctx context.Context, q *im.Query, skip, limit int) ([]im.FoundKey, error) {
	asked, err := r.planPatiently(ctx, r.all())
	if err != nil {
		return nil, err
	}
	m := merge{r: r, q: q}
	return m.page(ctx, sourcesOf(asked, nil, nil), skip, limit)
}

// planPatiently waits for a while until all of the shards have somebody to ask: one that moves, or a link that comes back.
func (r *Reads) planPatiently(ctx context.Context, shards []im.ShardID) ([]assignment, error) {
	for until := time.Now().Add(r.o.times.search); ; {
		asked, err := r.plan(shards, nil)
		if err == nil || time.Until(until) <= 0 {
			return asked, err
		}
		if err := pause(ctx, r.o.times.pause); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return unavailable(opSearch, context.Cause(ctx))
	}
}

// mayHelp reports whether to ask another node when one, asked at that time, has failed with err: not when it has waited for a barrier
// in vain, which the other one would, too.
func (r *Reads) mayHelp(ctx context.Context, began time.Time, err error) bool {
	return isUnavailable(err) && ctx.Err() == nil && (isGone(err) || time.Since(began) < r.o.times.search)
}

// shardsOf returns the shards of keys, each once, in order.
func shardsOf(keys []im.FoundKey) []im.ShardID {
	var shards []im.ShardID
	for i := range keys {
		shards = append(shards, keys[i].Shard)
	}
	slices.Sort(shards)
	return slices.Compact(shards)
}
