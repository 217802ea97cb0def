package rest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// gatheringJSON is a group or a room (section 6.3).
type gatheringJSON struct {
	ID string `json:"id"`
	// Owner is a group's.
	Owner   im.UserID   `json:"owner,omitempty"`
	Members []im.UserID `json:"members"`
	TS      im.Millis   `json:"ts"`
	// Attributes are always there: the React demo breaks without.
	Attributes object `json:"attributes"`
	// Name is the attribute of that name.
	Name json.RawMessage `json:"name,omitempty"`
	// Recent is the newest history record of a group in a detailed list.
	Recent json.RawMessage `json:"recent,omitempty"`
}

// gathering serves GET and POST /groups/{g} and /rooms/{r}.
func (h *Handler) gathering(c call) (answer, error) {
	at, err := c.address()
	if err != nil {
		return answer{}, err
	}
	g, err := h.describe(c.ctx, at)
	if err != nil {
		return answer{}, err
	}
	return ok(g)
}

func (h *Handler) describe(ctx context.Context, at im.Address) (gatheringJSON, error) {
	g, err := h.opts.Commands.Describe(ctx, at)
	if err != nil {
		return gatheringJSON{}, err
	}
	attributes := objectOf(g.Attributes)
	return gatheringJSON{
		ID: at.ID, Owner: g.Owner, Members: g.Members, TS: g.Created,
		Attributes: attributes, Name: attributes[nameAttribute],
	}, nil
}

// create serves POST /groups and /rooms.
func (h *Handler) create(c call) (answer, error) {
	w, err := c.wanted()
	if err != nil {
		return answer{}, err
	}
	id, err := h.draw(c, dispatch.NewGathering{Owner: w.Owner, Members: w.Members, Attributes: w.Attributes})
	if err != nil {
		return answer{}, err
	}
	return ok(id)
}

func (h *Handler) draw(c call, n dispatch.NewGathering) (string, error) {
	if c.kind == im.KindRoom {
		r, err := h.opts.Commands.CreateRoom(c.ctx, c.app, n)
		return string(r), err
	}
	g, err := h.opts.Commands.CreateGroup(c.ctx, c.app, n)
	return string(g), err
}

// change serves PUT /groups/{g} and /rooms/{r}. What the body does not name stays.
func (h *Handler) change(c call) (answer, error) {
	at, err := c.address()
	if err != nil {
		return answer{}, err
	}
	w, err := c.wanted()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.Change(c.ctx, at, w); err != nil {
		return answer{}, err
	}
	return empty(http.StatusCreated)
}

// remove serves DELETE /groups/{g} and /rooms/{r}. Not idempotent: the second time there is no such object.
func (h *Handler) remove(c call) (answer, error) {
	at, err := c.address()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.Delete(c.ctx, at); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent)
}
