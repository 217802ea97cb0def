package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// fromApp is the kind of a letter that the app itself says, by REST (docs/protocol.md 6.6): it has no number and is no
// history.
const fromApp = -1

// receiver is whom the app speaks to.
type receiver struct {
	path string
	// to is how the sessions are told of it, nil when the app speaks to all.
	to        *client.To
	code      int
	concerned []string
	// toGroup: it is told as a group's message is, and may come late.
	toGroup bool
}

// receiver draws one: mostly one that is there.
func (w *world) receiver() receiver {
	switch w.rng.IntN(6) {
	case 0:
		return receiver{path: "/system", concerned: w.everybody()}
	case 1, 2:
		g := w.gathering()
		flag := map[int]string{client.Group: "?group", client.Room: "?room"}[g.kind]
		r := receiver{path: "/system/" + g.id + flag, to: &client.To{ID: g.id, Type: g.kind}, toGroup: g.kind == client.Group}
		if r.concerned = g.members; g.gone {
			r.code, r.concerned = unknown, nil
		}
		return r
	case 3:
		return w.model.receiver(oneOf(w, w.everybody()))
	}
	return w.model.receiver(oneOf(w, append(slices.Clone(names), visitors...)))
}

// everybody returns the names of who is there, sorted, each once.
func (w *world) everybody() []string {
	there := map[string]bool{}
	for _, s := range w.live {
		there[s.user] = true
	}
	return slices.Sorted(maps.Keys(there))
}

// receiver returns who gets what is said to the id of name: the user, else the passenger.
func (m *model) receiver(name string) receiver {
	id := idOf(name)
	r := receiver{path: "/system/" + id}
	_, visited := m.passengers[mark+id]
	switch {
	case m.users[id]:
		r.to, r.concerned = &client.To{ID: id}, []string{id}
	case visited:
		r.to, r.concerned = &client.To{ID: id, Type: client.Passenger}, []string{mark + id}
	default:
		r.code = unknown
	}
	return r
}

// kind says what is counted.
func (r receiver) kind() string {
	switch {
	case r.code != 0:
		return "nobody"
	case r.to == nil:
		return "all"
	case r.to.Type == client.Friend:
		return "a user"
	}
	return "a " + kindNames[r.to.Type]
}

// announce lets the app itself say something. All sessions of the receivers hear it once, and nobody else does.
func (w *world) announce() {
	r := w.receiver()
	l := &letter{
		number: w.next(), from: "the app", origin: w.app, kind: fromApp, to: r.path, told: r.to, code: r.code,
		awaited: make(map[*session]bool), heard: make(map[*session]bool), concerned: r.concerned, said: time.Now(),
	}
	l.body = fmt.Sprintf("%d from the app 你好 😀", l.number)
	body := map[string]any{"content": map[string]any{"media": 0, "body": l.body}}
	if w.chance(30) {
		l.remark = fmt.Sprintf("remark %d", l.number)
		body["remark"] = l.remark
	}
	for _, hearer := range w.sessionsIn(l.concerned) {
		l.awaited[hearer] = true
	}
	if r.toGroup {
		l.until = l.said.Add(lateness)
	}
	w.mail.expect(l)
	c := change{what: "system to " + r.kind(), method: http.MethodPost, path: r.path, body: body, status: http.StatusAccepted, code: r.code, apply: func() {}}
	w.answered(c, w.send(c))
	w.mail.answered(l, client.Answer{Success: r.code == 0})
	w.must(w.mail.await(servertest.Patience))
}

// shapeOfSys compares how l, which the app said, came to s with how it should have: with nothing besides.
func (l *letter) shapeOfSys(s *session, event string, arg json.RawMessage, h client.Heard) []string {
	c := checker{about: fmt.Sprintf("%v, at %s", l, s.name)}
	c.equal("event", "sys", event)
	c.equal("content", client.Content{Body: l.body}, contentOf(h.Content))
	c.equal("remark", l.remark, h.Remark)
	c.equal("has ts", true, h.TS > 0)
	want := []string{"content"}
	if l.remark != "" {
		want = append(want, "remark")
	}
	if l.told != nil {
		want = append(want, "to")
		c.equal("to", *l.told, h.To)
	}
	var fields map[string]json.RawMessage
	c.equal("error", nil, json.Unmarshal(arg, &fields))
	c.equal("fields", append(want, "ts"), slices.Sorted(maps.Keys(fields)))
	return c.faults
}
