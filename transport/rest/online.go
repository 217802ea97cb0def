package rest

import (
	"context"

	"github.com/parley-im/parley/im"
)

// online returns which of some users of c's app are online.
func (h *Handler) online(c call, users ...im.UserID) ([]bool, error) {
	out := make([]bool, len(users))
	err := each(c.ctx, len(users), func(ctx context.Context, i int) (err error) {
		out[i], err = h.isOnline(ctx, c.app, users[i])
		return err
	})
	return out, err
}

// isOnline asks the user's actor. Who does not exist is not.
func (h *Handler) isOnline(ctx context.Context, app im.AppID, u im.UserID) (bool, error) {
	p, err := h.opts.Commands.Profile(ctx, app, u)
	if err != nil && im.KindOf(err) != im.NotFound {
		return false, err
	}
	return p.Online || p.Sessions > 0, nil // NB: a node of before says the second alone
}

// acquaintance is what a detailed list says of a user.
type acquaintance struct {
	online bool
	// recent is the newest record of the conversation with it, nil when there is none.
	recent []byte
}

// acquaintances returns what is so of users, and of the conversations with them, in the same order.
func (h *Handler) acquaintances(c call, users []im.UserID, conversations []im.Address) ([]acquaintance, error) {
	n := len(users)
	out := make([]acquaintance, n)
	err := each(c.ctx, 2*n, func(ctx context.Context, i int) (err error) {
		if i < n {
			out[i].recent, err = h.newest(ctx, conversations[i])
		} else {
			out[i-n].online, err = h.isOnline(ctx, c.app, users[i-n])
		}
		return err
	})
	return out, err
}
