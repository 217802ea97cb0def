package rest_test

import (
	"context"
	"slices"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

func (w *world) SetAttributes(_ context.Context, at im.Address, c dispatch.AttributeChange) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed = c
	if at.Kind == im.KindUser {
		if !w.users[im.UserID(at.ID)] || w.failing != nil {
			return notFoundOr(w.failing)
		}
		w.attributes[at] = merged(w.attributes[at], c)
		return nil
	}
	g, err := w.find(at)
	if err == nil {
		g.Attributes = merged(g.Attributes, c)
	}
	return err
}

func notFoundOr(err error) error {
	if err != nil {
		return err
	}
	return im.E("world", im.NotFound, "")
}

// merged does what dispatch.AttributeChange says.
func merged(all []dispatch.Attribute, c dispatch.AttributeChange) []dispatch.Attribute {
	if c.Replace {
		all = nil
	}
	all = slices.Clone(all)
	for _, set := range c.Set {
		all = slices.DeleteFunc(all, func(a dispatch.Attribute) bool { return a.Name == set.Name })
		if string(set.Value) != "null" {
			all = append(all, set)
		}
	}
	return all
}

func (w *world) Welcome(_ context.Context, app im.AppID, p im.PassengerID, set []dispatch.Attribute) (im.PassengerID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p == "" {
		p = "drawn"
	}
	at := im.Passenger(app, p)
	w.attributes[at] = append([]dispatch.Attribute{}, merged(w.attributes[at], dispatch.AttributeChange{Set: set})...)
	return p, w.failing
}

func (w *world) Passenger(_ context.Context, app im.AppID, p im.PassengerID) (dispatch.Passenger, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list, ok := w.attributes[im.Passenger(app, p)]
	if !ok || w.failing != nil {
		return dispatch.Passenger{}, notFoundOr(w.failing)
	}
	return dispatch.Passenger{Attributes: list}, nil
}

// sent is one system message; to is zero when it went to all.
type sent struct {
	to      im.Address
	message dispatch.SystemMessage
}

func (w *world) System(_ context.Context, to im.Address, s dispatch.SystemMessage) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.find(to)
	known := err == nil
	if to.Kind == im.KindUser {
		known = w.users[im.UserID(to.ID)]
	} else if to.Kind == im.KindPassenger {
		_, known = w.attributes[to]
	}
	if !known || w.failing != nil {
		return notFoundOr(w.failing)
	}
	w.sent = append(w.sent, sent{to, s})
	return nil
}

func (w *world) SystemToAll(_ context.Context, _ im.AppID, s dispatch.SystemMessage) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, sent{message: s})
	return w.failing
}

func (w *world) ClearHistory(_ context.Context, group im.Address) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.find(group)
	w.cleared = group
	return err
}

// Search finds w.records, whatever q asks for, and remembers q.
func (w *world) Search(_ context.Context, q im.Query) ([]im.Found, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.query = q
	return w.records, w.failing
}
