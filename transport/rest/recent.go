package rest

import (
	"context"

	"github.com/parley-im/parley/im"
)

// recent returns the newest record of each conversation as JSON, nil where there is none.
func (h *Handler) recent(ctx context.Context, conversations []im.Address) ([][]byte, error) {
	out := make([][]byte, len(conversations))
	err := each(ctx, len(conversations), func(ctx context.Context, i int) (err error) {
		out[i], err = h.newest(ctx, conversations[i])
		return err
	})
	return out, err
}

// newest returns the newest record of a conversation, nil when it has none.
func (h *Handler) newest(ctx context.Context, conversation im.Address) ([]byte, error) {
	entries, err := h.opts.History.History(ctx, conversation, 0, 1)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	return record(nil, entries[0])
}
