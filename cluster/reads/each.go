package reads

import (
	"context"
	"sync"
)

// each does something with all items at the same time, and returns all that comes of it, in the items' order. The first error ends
// the others, and is returned.
func each[T, U any](ctx context.Context, items []T, do func(context.Context, T) ([]U, error)) (all []U, err error) {
	if len(items) == 1 {
		return do(ctx, items[0])
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results, failed := make([][]U, len(items)), sync.Once{}
	var running sync.WaitGroup
	for i, item := range items {
		running.Go(func() {
			result, problem := do(ctx, item)
			if problem != nil {
				failed.Do(func() { err = problem; cancel() })
			}
			results[i] = result
		})
	}
	running.Wait()
	if err != nil {
		return nil, err
	}
	for _, result := range results {
		all = append(all, result...)
	}
	return all, nil
}
