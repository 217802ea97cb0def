package rest

import (
	"context"
	"slices"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// memberships serves GET /ctx/{u}/groups and /ctx/{u}/rooms, with and without ?detail.
func (h *Handler) memberships(c call) (answer, error) {
	_, p, err := h.profile(c)
	if err != nil {
		return answer{}, err
	}
	switch {
	case !c.has("detail") && c.kind == im.KindRoom:
		return ok(p.Rooms)
	case !c.has("detail"):
		return ok(p.Groups)
	}
	list, err := describeAll(c.ctx, addresses(c, p), h.detail)
	if err != nil {
		return answer{}, err
	}
	return ok(list)
}

// addresses returns the groups or rooms of p, whichever c is about.
func addresses(c call, p dispatch.Profile) []im.Address {
	if c.kind == im.KindRoom {
		return located(c.app, p.Rooms, im.Room)
	}
	return located(c.app, p.Groups, im.Group)
}

func located[ID any](app im.AppID, ids []ID, at func(im.AppID, ID) im.Address) []im.Address {
	out := make([]im.Address, 0, len(ids))
	for _, id := range ids {
		out = append(out, at(app, id))
	}
	return out
}

// describeAll describes what is at each address. What vanished since the addresses were found is left out.
func describeAll(
	ctx context.Context, all []im.Address, describe func(context.Context, im.Address) (gatheringJSON, error),
) ([]*gatheringJSON, error) {
	list := make([]*gatheringJSON, len(all))
	err := each(ctx, len(all), func(ctx context.Context, i int) error {
		g, err := describe(ctx, all[i])
		if err == nil {
			list[i] = &g
		} else if im.KindOf(err) != im.NotFound {
			return err
		}
		return nil
	})
	return slices.DeleteFunc(list, func(g *gatheringJSON) bool { return g == nil }), err
}

// detail describes what is at at with, for a group, its newest record.
func (h *Handler) detail(ctx context.Context, at im.Address) (g gatheringJSON, err error) {
	if g, err = h.describe(ctx, at); err != nil || at.Kind == im.KindRoom {
		return g, err
	}
	g.Recent, err = h.newest(ctx, at)
	return g, err
}
