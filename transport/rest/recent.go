package rest

import (
	"context"

	"github.com/parley-im/parley/im"
)

// newest returns the newest record of a conversation, nil when it has none.
func (h *Handler) newest(ctx context.Context, conversation im.Address) ([]byte, error) {
	entries, err := h.opts.History.History(ctx, conversation, im.Before{}, 1)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	return record(nil, entries[0])
}
