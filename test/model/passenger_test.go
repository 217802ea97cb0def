package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/parley-im/parley/test/client"
)

// mark tells the name of a passenger from a user's: an id has no tilde, and a passenger may have the id of a user.
const mark = "~"

func isPassenger(name string) bool { return strings.HasPrefix(name, mark) }

func idOf(name string) string { return strings.TrimPrefix(name, mark) }

// visitors are the passengers who bring an id: one is also a user's, one that of a user who never was. Others get theirs
// drawn, but there are never very many.
var visitors = []string{mark + "visitor-1", mark + "visitor-2", mark + "tom", mark + nobody}

const manyPassengers = 9

// visitor draws who comes; mark alone is to get an id.
func (w *world) visitor() string {
	if len(w.model.passengers) < manyPassengers && w.chance(30) {
		return mark
	}
	known := w.passengers()
	if len(known) == 0 || w.chance(30) {
		return oneOf(w, visitors)
	}
	return oneOf(w, known)
}

// passengers returns the names of all, sorted.
func (w *world) passengers() []string { return slices.Sorted(maps.Keys(w.model.passengers)) }

// description is the object by which a passenger tells of itself.
func description(name string, brings attributes) map[string]any {
	object := maps.Clone(brings.shown())
	if id := idOf(name); id != "" {
		object["id"] = id
	}
	return object
}

// visit logs a passenger in, who brings attributes; one that brings what may not be is refused, and changes nothing.
func (w *world) visit() {
	if len(w.live) >= manySessions {
		w.logout()
		return
	}
	m := w.manner(w.visitor())
	m.brings = w.someAttributes()
	if _, code := w.model.passengers[m.user].merged(m.brings); code != 0 {
		w.refuse(m, code)
		return
	}
	s := w.enter(m)
	w.must(w.ask(w.askPassenger(s.user)))
	if w.chance(50) {
		w.talk(w.letter(oneOf(w, w.live), client.Passenger, s.user)) // from itself, or from another passenger, it is refused
	}
}

// refuse lets a passenger log in with attributes that it may not have.
func (w *world) refuse(m manner, code int) {
	s := newSession(w.next(), m)
	conn, err := w.dial(s)
	w.note("%s wants to log in with %v: %v", s.name, m.brings, err)
	if err == nil {
		conn.Cut()
	}
	var refused *client.RefusedError
	w.mustf(errors.As(err, &refused) && refused.Code == code, "%s: expected a refusal with %d, got %v", s.name, code, err)
	w.count(fmt.Sprintf("login of a passenger -> %d", code))
	if m.user != mark {
		w.must(w.ask(w.askPassenger(m.user)))
	}
}

// welcomed learns of a passenger that logged in, and of the id that it was given.
func (w *world) welcomed(s *session) {
	got := s.conn.ID()
	switch {
	case s.user == mark:
		w.mustf(gatheringID.MatchString(got), "%s: expected a drawn id of 32 hex digits, got %q", s.name, got)
		_, known := w.model.passengers[mark+got]
		w.mustf(!known, "%s: the id %s was drawn before", s.name, got)
		s.user, s.name = mark+got, strings.Replace(s.name, mark, mark+got, 1)
	default:
		w.mustf(mark+got == s.user, "%s: expected its id, got %q", s.name, got)
	}
	w.model.welcome(s.user, s.brings)
}

// welcome makes a passenger, or merges what it brings.
func (m *model) welcome(name string, brings attributes) {
	m.passengers[name], _ = m.passengers[name].merged(brings)
}

// invite makes or changes a passenger by REST.
func (w *world) invite() change {
	name, brings := w.visitor(), w.someAttributes()
	_, code := w.model.passengers[name].merged(brings)
	c := change{
		what: "passenger", method: http.MethodPost, path: "/passengers", status: http.StatusOK, code: code,
		body:  description(name, brings),
		apply: func() { w.model.welcome(name, brings) },
	}
	if name != mark {
		c.also = []question{w.askPassenger(name)}
	}
	c.read = func(answer []byte) []string {
		var id string
		k := checker{about: c.path}
		k.equal("error", nil, json.Unmarshal(answer, &id))
		if name != mark {
			k.equal("id", idOf(name), id)
			return k.faults
		}
		k.equal("is drawn", true, gatheringID.MatchString(id))
		name = mark + id
		return k.faults
	}
	return c
}

// inviteOne makes the change of invite, and looks at who came of it.
func (w *world) inviteOne() {
	before := w.passengers()
	w.do(w.invite())
	for _, p := range w.passengers() {
		if !slices.Contains(before, p) {
			w.must(w.ask(w.askPassenger(p)))
		}
	}
}

// askPassenger asks for the attributes of a passenger, flat and without its id.
func (w *world) askPassenger(name string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var got map[string]any
		a := get(ctx, r, "/passengers/"+idOf(name), &got)
		return func() []string {
			want, exists := w.model.passengers[name]
			return a.judge(exists, func() []string {
				c := checker{about: a.path}
				c.equal("attributes", want.shown(), got)
				return c.faults
			})
		}
	}
}

// askPassengers asks for all there are, and for those who may come with an id.
func (w *world) askPassengers() (qs []question) {
	names := slices.Concat(visitors, w.passengers())
	slices.Sort(names)
	for _, p := range slices.Compact(names) {
		qs = append(qs, w.askPassenger(p))
	}
	return qs
}
