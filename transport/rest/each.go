package rest

import (
	"context"
	"sync"
	"sync/atomic"
)

// sideBySide bounds the reads that one request has in flight: enough that they share the log's barriers, too few for
// one page to crowd out others.
const sideBySide = 16

// each calls do with 0 to n-1, some of them side by side, and waits for all that it began. The first error ends the
// rest and is returned.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var readers sync.WaitGroup
	for range min(sideBySide, n) {
		readers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	readers.Wait()
	return context.Cause(ctx)
}
