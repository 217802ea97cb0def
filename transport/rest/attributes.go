package rest

import (
	"net/http"
	"slices"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// attributes serves GET X/attributes (section 6.4), where X is a user, a group or a room.
func (h *Handler) attributes(c call) (answer, error) {
	list, err := h.attributesOf(c)
	if err != nil {
		return answer{}, err
	}
	return ok(objectOf(list))
}

// attribute serves GET X/attributes/{name}: the bare value, as it came.
func (h *Handler) attribute(c call) (answer, error) {
	list, err := h.attributesOf(c)
	if err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(list, func(a dispatch.Attribute) bool { return a.Name == c.args[1] })
	if i < 0 {
		return answer{}, im.E("rest.attribute", im.NotFound, "")
	}
	return okJSON(list[i].Value)
}

// mergeAttributes serves POST X/attributes. What the body does not name stays.
func (h *Handler) mergeAttributes(c call) (answer, error) { return h.setAttributes(c, false) }

// replaceAttributes serves PUT X/attributes. What the body does not name goes.
func (h *Handler) replaceAttributes(c call) (answer, error) { return h.setAttributes(c, true) }

func (h *Handler) setAttributes(c call, replace bool) (answer, error) {
	at, err := c.owner()
	if err != nil {
		return answer{}, err
	}
	body, err := c.object()
	if err != nil {
		return answer{}, err
	}
	set, err := readAttributes(body)
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.SetAttributes(c.ctx, at, dispatch.AttributeChange{Replace: replace, Set: set}); err != nil {
		return answer{}, err
	}
	return empty(http.StatusCreated)
}

// clearAttributes serves DELETE X/attributes. Idempotent.
func (h *Handler) clearAttributes(c call) (answer, error) {
	at, err := c.owner()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.SetAttributes(c.ctx, at, dispatch.AttributeChange{Replace: true}); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent)
}

// attributesOf reads the attributes of X.
func (h *Handler) attributesOf(c call) ([]dispatch.Attribute, error) {
	at, err := c.owner()
	if err != nil {
		return nil, err
	}
	if at.Kind == im.KindUser {
		p, err := h.opts.Commands.Profile(c.ctx, c.app, im.UserID(at.ID))
		return p.Attributes, err
	}
	g, err := h.opts.Commands.Outline(c.ctx, at)
	return g.Attributes, err
}

// owner returns the address of X.
func (c call) owner() (im.Address, error) {
	if c.kind != im.KindUser {
		return c.address()
	}
	u, err := c.user(0)
	return im.User(c.app, u), err
}
