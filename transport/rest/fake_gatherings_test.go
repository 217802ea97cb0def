package rest_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// fakeLimit is the most members that a fake group or room takes.
const fakeLimit = 4

func (w *world) CreateGroup(_ context.Context, app im.AppID, n dispatch.NewGathering) (im.GroupID, error) {
	if n.Owner == "" {
		return "", im.E("world", im.Invalid, "")
	}
	id, err := w.create(im.Address{App: app, Kind: im.KindGroup}, n)
	return im.GroupID(id), err
}

func (w *world) CreateRoom(_ context.Context, app im.AppID, n dispatch.NewGathering) (im.RoomID, error) {
	id, err := w.create(im.Address{App: app, Kind: im.KindRoom}, n)
	return im.RoomID(id), err
}

// create names what it creates by its kind and a number.
func (w *world) create(at im.Address, n dispatch.NewGathering) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing != nil {
		return "", w.failing
	}
	w.named = n.Members
	g := &dispatch.Gathering{Owner: n.Owner, Members: []im.UserID{}, Attributes: n.Attributes, Created: 4000}
	if err := w.join(g, withOwner(n.Owner, n.Members)); err != nil {
		return "", err
	}
	at.ID = fmt.Sprintf("%s-%d", at.Kind, len(w.gatherings)+1)
	w.gatherings[at] = g
	return at.ID, nil
}

func withOwner(owner im.UserID, members []im.UserID) []im.UserID {
	if owner == "" {
		return members
	}
	return append([]im.UserID{owner}, members...)
}

func (w *world) Describe(_ context.Context, at im.Address) (dispatch.Gathering, error) {
	defer w.read()()
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.find(at)
	if err = cmp.Or(w.unreadable, err); err != nil {
		return dispatch.Gathering{}, err
	}
	return *g, nil
}

func (w *world) Outline(ctx context.Context, at im.Address) (dispatch.Gathering, error) {
	g, err := w.Describe(ctx, at)
	g.Members = []im.UserID{}
	return g, err
}

// Members numbers the members 3, 6, 9... as if others had left.
func (w *world) Members(_ context.Context, at im.Address, after uint64, limit int) (dispatch.MemberPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.find(at)
	if err != nil {
		return dispatch.MemberPage{}, err
	}
	all := g.Members[min(after/3, uint64(len(g.Members))):]
	p := dispatch.MemberPage{Members: all[:min(limit, len(all))], Last: after, More: limit < len(all)}
	if len(p.Members) > 0 {
		p.Last = after - after%3 + uint64(3*len(p.Members))
	}
	return p, nil
}

func (w *world) Change(_ context.Context, at im.Address, c dispatch.Change) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.find(at)
	if err != nil {
		return err
	}
	w.named = c.Members
	changed := *g
	if c.Owner != "" {
		changed.Owner = c.Owner
	}
	if c.Attributes != nil {
		changed.Attributes = c.Attributes
	}
	if c.ReplaceMembers {
		changed.Members = []im.UserID{}
	}
	if err := w.join(&changed, withOwner(changed.Owner, c.Members)); err != nil {
		return err
	}
	*g = changed
	return nil
}

func (w *world) AddMembers(_ context.Context, at im.Address, members []im.UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.find(at)
	if err != nil {
		return err
	}
	w.named = members
	return w.join(g, members)
}

func (w *world) RemoveMembers(_ context.Context, at im.Address, members []im.UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.find(at)
	if err != nil {
		return err
	}
	w.named = members
	if g.Owner != "" && slices.Contains(members, g.Owner) {
		return im.E("world", im.Invalid, "")
	}
	g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(u im.UserID) bool { return slices.Contains(members, u) })
	return nil
}

func (w *world) Delete(_ context.Context, at im.Address) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.find(at)
	delete(w.gatherings, at)
	return err
}

func (w *world) find(at im.Address) (*dispatch.Gathering, error) {
	g, ok := w.gatherings[at]
	switch {
	case w.failing != nil:
		return nil, w.failing
	case !ok || w.vanished[at]:
		return nil, im.E("world", im.NotFound, "")
	}
	return g, nil
}

// join lets all of members in, or nobody.
func (w *world) join(g *dispatch.Gathering, members []im.UserID) error {
	joined := slices.Clone(g.Members)
	for _, u := range members {
		if !slices.Contains(joined, u) {
			joined = append(joined, u)
		}
	}
	if len(joined) > fakeLimit {
		return im.E("world", im.Full, "")
	}
	g.Members = joined
	return nil
}

func (w *world) gatheringsOf(user im.UserID) (groups []im.GroupID, rooms []im.RoomID) {
	groups, rooms = []im.GroupID{}, []im.RoomID{}
	for at, g := range w.gatherings {
		switch {
		case !slices.Contains(g.Members, user):
		case at.Kind == im.KindGroup:
			groups = append(groups, im.GroupID(at.ID))
		default:
			rooms = append(rooms, im.RoomID(at.ID))
		}
	}
	slices.Sort(groups)
	slices.Sort(rooms)
	return groups, rooms
}
