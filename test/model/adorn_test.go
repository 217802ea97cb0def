package model

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/parley-im/parley/test/client"
)

// adornment is a way to change attributes (docs/protocol.md 6.4).
type adornment struct {
	what, method string
	status       int
	over         func(a, set attributes) (attributes, int)
}

var adornments = []adornment{
	{"merge attributes", http.MethodPost, http.StatusCreated, attributes.merged},
	{"merge attributes", http.MethodPost, http.StatusCreated, attributes.merged},
	{"replace attributes", http.MethodPut, http.StatusCreated, attributes.replaced},
	{"clear attributes", http.MethodDelete, http.StatusNoContent, func(attributes, attributes) (attributes, int) { return nil, 0 }},
}

// adornUser changes the attributes of a user, sometimes of one who does not exist, which makes none.
func (w *world) adornUser() change {
	u := w.user()
	if w.chance(4) {
		u = nobody
	}
	how, set := oneOf(w, adornments), w.someAttributes()
	next, code := how.over(w.model.attributes[u], set)
	if !w.model.users[u] {
		code = unknown
	}
	c := how.change("/ctx/"+u, set)
	c.code, c.users, c.also = code, []string{u}, []question{w.askAttributes("/ctx/"+u, w.ofUser(u))}
	c.apply = func() { w.model.attributes[u] = next }
	return c
}

// adorn changes the attributes of a group or room.
func (w *world) adorn(g gathering) change {
	how, set := oneOf(w, adornments), w.someAttributes()
	c := w.altered(g, func(g gathering) (gathering, int) { return g.adorned(how.over, set) }, nil)
	d := how.change(g.path(), set)
	c.what, c.method, c.path, c.status, c.body = d.what, d.method, d.path, d.status, d.body
	c.also = []question{w.askAttributes(g.path(), w.ofGathering(g.kind, g.id))}
	return c
}

// change is that of what is at path.
func (a adornment) change(path string, set attributes) change {
	c := change{what: a.what, method: a.method, path: path + "/attributes", status: a.status}
	if a.method != http.MethodDelete {
		c.body = set.shown()
	}
	return c
}

// adorned returns g with other attributes.
func (g gathering) adorned(over func(a, set attributes) (attributes, int), set attributes) (gathering, int) {
	if g.gone {
		return g, unknown
	}
	next, code := g, 0
	next.attributes, code = over(g.attributes, set)
	return next, code
}

// ofUser and ofGathering return what reads attributes from the model, and whether there is somebody to have any.
func (w *world) ofUser(u string) func() (attributes, bool) {
	return func() (attributes, bool) { return w.model.attributes[u], w.model.users[u] }
}

func (w *world) ofGathering(kind int, id string) func() (attributes, bool) {
	return func() (attributes, bool) {
		g := w.model.at(kind, id)
		return g.attributes, !g.gone
	}
}

// askAttributes asks for the attributes of what is at path, all and a few alone.
func (w *world) askAttributes(path string, of func() (a attributes, exists bool)) question {
	few := turn(attributeNames, w.step, 2)
	return func(ctx context.Context, r client.REST) func() []string {
		var all map[string]any
		whole := get(ctx, r, path+"/attributes", &all)
		one := make([]any, len(few))
		replies := make([]reply, len(few))
		for i, name := range few {
			replies[i] = get(ctx, r, path+"/attributes/"+url.PathEscape(name), &one[i])
		}
		return func() []string {
			want, exists := of()
			c := checker{about: whole.path}
			c.faults = whole.judge(exists, func() []string {
				c.equal("attributes", want.shown(), all)
				return c.faults
			})
			for i, name := range few {
				c.faults = append(c.faults, checkAttribute(replies[i], want, exists, name, one[i])...)
			}
			return c.faults
		}
	}
}

func checkAttribute(a reply, all attributes, exists bool, name string, got any) []string {
	want, there := all[name]
	return a.judge(exists && there, func() []string {
		c := checker{about: a.path}
		c.equal("value", want, got)
		return c.faults
	})
}

// askAllAttributes asks for those of all users, groups and rooms.
func (w *world) askAllAttributes() (qs []question) {
	for _, u := range slices.Sorted(maps.Keys(w.model.users)) {
		qs = append(qs, w.askAttributes("/ctx/"+u, w.ofUser(u)))
	}
	for _, g := range slices.Concat(w.model.living(client.Group), w.model.living(client.Room)) {
		qs = append(qs, w.askAttributes(g.path(), w.ofGathering(g.kind, g.id)))
	}
	return qs
}
