package rest

import (
	"net/http"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/wire"
)

// friendChats serves GET /ctx/{u}/friends/{f}/chats (section 6.5). With an unknown partner, or none that one can be
// friends with, the list is empty; after a friendship it stays readable.
func (h *Handler) friendChats(c call) (answer, error) {
	u, f, err := c.pair()
	if err != nil {
		return answer{}, err
	}
	return h.chats(c, im.FriendDialog(c.app, u, f))
}

// groupChats serves GET /groups/{g}/chats (section 6.5). A deleted group's history went with it.
func (h *Handler) groupChats(c call) (answer, error) {
	at, err := c.address()
	if err != nil {
		return answer{}, err
	}
	_, err = h.opts.Commands.Describe(c.ctx, at)
	if kindOf(err) == im.Unavailable {
		return h.staleChats(c, at, err)
	}
	if err != nil {
		return answer{}, err
	}
	return h.chats(c, at)
}

// clearChats serves DELETE /groups/{g}/chats. The numbers of messages go on.
func (h *Handler) clearChats(c call) (answer, error) {
	at, err := c.address()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.ClearHistory(c.ctx, at); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent)
}

// chats answers the page of at's history that c asks for.
func (h *Handler) chats(c call, at im.Address) (answer, error) {
	entries, err := h.opts.History.History(c.ctx, at, before(c.query), c.pageSize("limit"))
	if kindOf(err) == im.Unavailable {
		return h.staleChats(c, at, err)
	}
	if err != nil {
		return answer{}, err
	}
	return page(entries)
}

// staleChats answers what some node has of the page, marked as stale, where nobody can say more: why. If that is nothing,
// nothing can be said.
func (h *Handler) staleChats(c call, at im.Address, why error) (answer, error) {
	if c.ctx.Err() != nil {
		return answer{}, why
	}
	entries, err := h.opts.History.StaleHistory(c.ctx, at, before(c.query), c.pageSize("limit"))
	if err != nil || len(entries) == 0 {
		return answer{}, why
	}
	a, err := page(entries)
	a.stale = true
	return a, err
}

// page answers entries, newest first, as records, oldest first.
func page(entries []im.Entry) (answer, error) {
	slices.Reverse(entries)
	body, err := records(entries)
	if err != nil {
		return answer{}, err
	}
	return okJSON(body)
}

// records writes entries as a JSON array of history records, in their order.
func records(entries []im.Entry) ([]byte, error) {
	dst := []byte{'['}
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = record(dst, e); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// record appends the record of one stored message to dst.
func record(dst []byte, e im.Entry) ([]byte, error) {
	var ev pb.Event
	if err := proto.Unmarshal(e.Body, &ev); err != nil {
		return nil, &im.Error{Op: "rest.record", Kind: im.Internal, Err: err}
	}
	return wire.Record(dst, e.N, e.TS, ev.GetSaid()), nil
}
