package link

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is the pause before the next attempt, doubled with each.
type backoff struct{ next, first, last time.Duration }

func newBackoff(t times) *backoff {
	return &backoff{next: t.minPause, first: t.minPause, last: t.maxPause}
}

func (b *backoff) reset() { b.next = b.first }

// wait waits between half of the pause and all of it, so that nodes which were cut off together do not come back together,
// or until sooner has an item or ctx ends.
func (b *backoff) wait(ctx context.Context, sooner <-chan struct{}) {
	timer := time.NewTimer(b.next/2 + rand.N(b.next/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		b.next = min(2*b.next, b.last)
	case <-sooner:
		b.reset()
	case <-ctx.Done():
	}
}
