package rest

import (
	"net/http"

	"github.com/parley-im/parley/im"
)

// membersJSON is a page of members (section 13).
type membersJSON struct {
	Members []im.UserID `json:"members"`
	// Last is what the next page comes after.
	Last uint64 `json:"last"`
	More bool   `json:"more"`
}

// members serves GET /groups/{g}/members and /rooms/{r}/members.
func (h *Handler) members(c call) (answer, error) {
	at, err := c.address()
	if err != nil {
		return answer{}, err
	}
	after, err := c.after()
	if err != nil {
		return answer{}, err
	}
	p, err := h.opts.Commands.Members(c.ctx, at, after, c.memberPageSize())
	if err != nil {
		return answer{}, err
	}
	return ok(membersJSON(p))
}

// addMembers serves POST /groups/{g}/members and /rooms/{r}/members. Who is in already is ignored.
func (h *Handler) addMembers(c call) (answer, error) {
	at, members, err := c.listed()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.AddMembers(c.ctx, at, members); err != nil {
		return answer{}, err
	}
	return empty(http.StatusCreated)
}

// removeMembers serves DELETE /groups/{g}/members and /rooms/{r}/members, with a body. Who is not in is ignored.
func (h *Handler) removeMembers(c call) (answer, error) {
	at, members, err := c.listed()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.RemoveMembers(c.ctx, at, members); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent)
}

// join serves POST /groups/{g}/members/{u} and /rooms/{r}/members/{u}. SDK v4.0 takes an answer that is no JSON for an
// error.
func (h *Handler) join(c call) (answer, error) {
	at, u, err := c.member()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.AddMembers(c.ctx, at, []im.UserID{u}); err != nil {
		return answer{}, err
	}
	return created()
}

// leave serves DELETE /groups/{g}/members/{u} and /rooms/{r}/members/{u}. Idempotent.
func (h *Handler) leave(c call) (answer, error) {
	at, u, err := c.member()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.RemoveMembers(c.ctx, at, []im.UserID{u}); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent)
}

// listed returns the group or room of the path and the members of the body.
func (c call) listed() (im.Address, []im.UserID, error) {
	at, err := c.address()
	if err != nil {
		return im.Address{}, nil, err
	}
	f, err := c.fields()
	if err != nil {
		return im.Address{}, nil, err
	}
	members, err := f.members()
	return at, members, err
}

// member returns the group or room of the path and the user after it.
func (c call) member() (im.Address, im.UserID, error) {
	at, err := c.address()
	if err != nil {
		return im.Address{}, "", err
	}
	u, err := c.user(1)
	return at, u, err
}
