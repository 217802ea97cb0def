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
	p, err := c.page(at)
	if err != nil {
		return answer{}, err
	}
	_, err = h.opts.Commands.Outline(c.ctx, at)
	if kindOf(err) == im.Unavailable {
		return h.staleChats(c, p, err)
	}
	if err != nil {
		return answer{}, err
	}
	return h.readChats(c, p)
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

// page is a page of a history.
type page struct {
	of     im.Address
	before im.Before
	limit  int
}

// page reads which page of at's history c asks for.
func (c call) page(at im.Address) (page, error) {
	before, err := c.before()
	return page{at, before, c.pageSize("limit")}, err
}

// chats answers the page of at's history that c asks for.
func (h *Handler) chats(c call, at im.Address) (answer, error) {
	p, err := c.page(at)
	if err != nil {
		return answer{}, err
	}
	return h.readChats(c, p)
}

func (h *Handler) readChats(c call, p page) (answer, error) {
	entries, err := h.opts.History.History(c.ctx, p.of, p.before, p.limit)
	if kindOf(err) == im.Unavailable {
		return h.staleChats(c, p, err)
	}
	if err != nil {
		return answer{}, err
	}
	return answerPage(entries)
}

// staleChats answers what some node has of the page, marked as stale, where nobody can say more: why. If that is nothing,
// nothing can be said.
func (h *Handler) staleChats(c call, p page, why error) (answer, error) {
	if c.ctx.Err() != nil {
		return answer{}, why
	}
	entries, err := h.opts.History.StaleHistory(c.ctx, p.of, p.before, p.limit)
	if err != nil || len(entries) == 0 {
		return answer{}, why
	}
	a, err := answerPage(entries)
	a.stale = true
	return a, err
}

// answerPage answers entries, newest first, as records, oldest first.
func answerPage(entries []im.Entry) (answer, error) {
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
