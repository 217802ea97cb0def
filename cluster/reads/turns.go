package reads

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/parley-im/parley/im"
)

// turns bounds the searches over several nodes. They are not those that the log bounds, which answer them: nobody waits in a circle.
type turns struct {
	slots chan struct{} // taken by those that are at work
	// limit bounds those that wait for a slot. Overflow: Overloaded.
	limit   int64
	waiting atomic.Int64
}

func newTurns(limit int64) *turns {
	return &turns{slots: make(chan struct{}, max(4, 2*runtime.GOMAXPROCS(0))), limit: limit}
}

// enter waits for a slot, which leave gives back.
func (t *turns) enter(ctx context.Context) error {
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > t.limit {
		return im.E(opSearch, im.Overloaded, "")
	}
	select {
	case t.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unavailable(opSearch, context.Cause(ctx))
	}
}

func (t *turns) leave() { <-t.slots }
