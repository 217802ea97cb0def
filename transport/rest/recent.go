package rest

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/parley-im/parley/im"
)

// recentReads bounds the history reads that one request has in flight: enough that they share the log's barriers, too
// few for one page to crowd out others.
const recentReads = 16

// recent returns the newest record of u with each of peers as JSON, nil where there is none. It reads them side by
// side and waits for all that it began; the first error ends the rest.
func (h *Handler) recent(ctx context.Context, app im.AppID, u im.UserID, peers []im.UserID) ([][]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make([][]byte, len(peers))
	var next atomic.Int64
	var readers sync.WaitGroup
	for range min(recentReads, len(peers)) {
		readers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(peers)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				record, err := h.newest(ctx, im.FriendDialog(app, u, peers[i]))
				if err != nil {
					cancel(err)
				}
				out[i] = record
			}
		})
	}
	readers.Wait()
	return out, context.Cause(ctx)
}

// newest returns the newest record of a dialog, nil when it has none.
func (h *Handler) newest(ctx context.Context, dialog im.Address) ([]byte, error) {
	entries, err := h.opts.History.History(ctx, dialog, 0, 1)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	return record(nil, entries[0])
}
