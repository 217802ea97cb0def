package rest

import (
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// userJSON is a user (section 6.2). Clients need every array to be there, as ids only.
type userJSON struct {
	ID         im.UserID      `json:"id"`
	Sessions   int            `json:"sessions"`
	Installs   []im.InstallID `json:"installs"`
	Friends    []im.UserID    `json:"friends"`
	Groups     []im.GroupID   `json:"groups"`
	Rooms      []im.RoomID    `json:"rooms"`
	Attributes object         `json:"attributes"`
	TS         im.Millis      `json:"ts"`
}

// user serves GET and POST /ctx/{u}.
func (h *Handler) user(c call) (answer, error) {
	u, p, err := h.profile(c)
	if err != nil {
		return answer{}, err
	}
	return ok(userJSON{
		ID:         u,
		Sessions:   p.Sessions,
		Installs:   p.Installs,
		Friends:    peers(p),
		Groups:     p.Groups,
		Rooms:      p.Rooms,
		Attributes: objectOf(p.Attributes),
		TS:         p.Updated,
	})
}

// profile asks for what the user of the path is in.
func (h *Handler) profile(c call) (im.UserID, dispatch.Profile, error) {
	u, err := c.user(0)
	if err != nil {
		return "", dispatch.Profile{}, err
	}
	p, err := h.opts.Commands.Profile(c.ctx, c.app, u)
	return u, p, err
}

// peers returns the ids of p's friends; never nil, which JSON would write as null.
func peers(p dispatch.Profile) []im.UserID {
	ids := make([]im.UserID, 0, len(p.Friends))
	for _, f := range p.Friends {
		ids = append(ids, f.Peer)
	}
	return ids
}
