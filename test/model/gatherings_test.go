package model

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/parley-im/parley/test/client"
)

// handful is how many groups, and how many rooms, there are at most.
const handful = 5

// alterations draw what may be done to a group or room, apart from its deletion.
var alterations = []func(*world, gathering) change{
	(*world).add, (*world).join, (*world).remove, (*world).leave, (*world).edit, (*world).adorn,
}

func (w *world) kind() int { return client.Group + w.rng.IntN(2) }

// gathering draws a group or a room: mostly one that is there, sometimes one that was, or never was.
func (w *world) gathering() gathering {
	kind := w.kind()
	living := w.model.living(kind)
	switch {
	case len(living) > 0 && !w.chance(8):
		return oneOf(w, living)
	case len(w.model.deleted) > 0 && w.chance(60):
		return oneOf(w, w.model.deleted)
	}
	return gathering{kind: kind, id: fmt.Sprintf("%016x%016x", w.rng.Uint64(), w.rng.Uint64()), gone: true}
}

// spelled returns a list of users as clients spell it: nested, with doubles and empty entries (docs/protocol.md 6.1).
func (w *world) spelled(users []string) []any {
	out := []any{}
	for _, u := range users {
		out = append(out, u)
	}
	switch {
	case len(out) == 0 || !w.chance(15):
	case w.chance(50):
		out = append(out, []any{"", out[0]}, out[len(out)-1])
	default:
		out = []any{out[0], out[1:]}
	}
	return out
}

// altered is what op makes of g; users are those who are named.
func (w *world) altered(g gathering, op func(gathering) (gathering, int), users []string) change {
	next, code := op(g)
	return change{
		op: op, code: code, at: &next, users: slices.Concat(users, g.members, next.members),
		apply: func() { w.model.put(next) },
	}
}

func (w *world) add(g gathering) change { return w.addition(g, some(w, names, 1+w.rng.IntN(3))) }

func (w *world) addition(g gathering, users []string) change {
	c := w.altered(g, func(g gathering) (gathering, int) { return g.with(users...) }, users)
	c.what, c.method, c.path, c.status = "add", http.MethodPost, g.path()+"/members", http.StatusCreated
	c.body = map[string]any{"members": w.spelled(users)}
	return c
}

func (w *world) join(g gathering) change { return w.joining(g, w.user()) }

func (w *world) joining(g gathering, u string) change {
	c := w.altered(g, func(g gathering) (gathering, int) { return g.with(u) }, []string{u})
	c.what, c.method, c.path, c.status = "join", http.MethodPost, g.path()+"/members/"+u, http.StatusCreated
	c.read = func(answer []byte) []string {
		k := checker{about: c.path}
		k.equal("body", "{}", string(answer))
		return k.faults
	}
	return c
}

// remove removes members, mostly; now and then an owner, who stays.
func (w *world) remove(g gathering) change {
	if len(g.members) > 0 && w.chance(70) {
		return w.removal(g, some(w, g.members, 1+w.rng.IntN(2)))
	}
	return w.removal(g, some(w, names, 1+w.rng.IntN(3)))
}

func (w *world) removal(g gathering, users []string) change {
	c := w.altered(g, func(g gathering) (gathering, int) { return g.without(users...) }, users)
	c.what, c.method, c.path, c.status = "remove", http.MethodDelete, g.path()+"/members", http.StatusNoContent
	c.body = map[string]any{"members": w.spelled(users)}
	return c
}

func (w *world) leave(g gathering) change {
	if len(g.members) > 0 && w.chance(70) {
		return w.leaving(g, oneOf(w, g.members))
	}
	return w.leaving(g, w.user())
}

func (w *world) leaving(g gathering, u string) change {
	c := w.altered(g, func(g gathering) (gathering, int) { return g.without(u) }, []string{u})
	c.what, c.method, c.path, c.status = "leave", http.MethodDelete, g.path()+"/members/"+u, http.StatusNoContent
	return c
}

// edit puts a name and attributes, an owner or members, mostly one of them, sometimes nothing.
func (w *world) edit(g gathering) change {
	var e edit
	body := map[string]any{}
	dice := w.rng.IntN(100)
	if dice < 40 {
		e.set = w.described(body)
	}
	if dice >= 30 && dice < 70 && g.kind == client.Group {
		e.owner = w.user()
		body["owner"] = e.owner
	}
	if dice >= 60 {
		e.members = some(w, names, w.rng.IntN(g.limit()+2))
		body["members"] = w.spelled(e.members)
	}
	return w.editing(g, e, body)
}

func (w *world) editing(g gathering, e edit, body any) change {
	users := slices.Clone(e.members)
	if e.owner != "" {
		users = append(users, e.owner)
	}
	c := w.altered(g, func(g gathering) (gathering, int) { return g.edited(e) }, users)
	c.what, c.method, c.path, c.status, c.body = "edit", http.MethodPut, g.path(), http.StatusCreated, body
	return c
}

// delete deletes what is there no more, mostly: what is there is deleted when there are enough.
func (w *world) delete() change {
	if len(w.model.deleted) > 0 && w.chance(70) {
		return w.deletion(oneOf(w, w.model.deleted))
	}
	return w.deletion(w.gathering())
}

func (w *world) deletion(g gathering) change {
	c := w.altered(g, gathering.deleted, nil)
	c.what, c.method, c.path, c.status = "delete", http.MethodDelete, g.path(), http.StatusNoContent
	return c
}

// clear hides what was said in a group. Numbers go on. A room has no history.
func (w *world) clear(g gathering) change {
	if g.kind == client.Room {
		return w.adorn(g)
	}
	said := len(w.model.talks[conversationOf(g.kind, "", g.id)])
	c := w.altered(g, func(g gathering) (gathering, int) { return g.hidden(said) }, g.members)
	c.what, c.method, c.path, c.status = "clear history", http.MethodDelete, g.path()+"/chats", http.StatusNoContent
	c.also = []question{w.askChats(g)}
	return c
}
