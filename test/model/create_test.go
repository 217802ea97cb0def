package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/parley-im/parley/test/client"
)

// create makes a group or a room, if there are not enough yet; else one is deleted.
func (w *world) create() change {
	kind := w.kind()
	if len(w.model.living(kind)) >= handful {
		return w.deletion(oneOf(w, w.model.living(kind)))
	}
	g := gathering{kind: kind, members: some(w, names, w.rng.IntN(roomLimit+2))}
	body := map[string]any{}
	if kind == client.Group && !w.chance(10) {
		g.owner = w.user()
		body["owner"] = g.owner
	}
	g.attributes = w.described(body)
	if len(g.members) > 0 {
		body["members"] = w.spelled(g.members)
	}
	return w.creation(g, body)
}

// described draws what the body of a creation or a change says of name and attributes, of which the name beside counts more.
func (w *world) described(body map[string]any) attributes {
	set := attributes{}
	if w.chance(25) {
		set = w.someAttributes()
		body["attributes"] = set.shown()
	}
	if w.chance(60) {
		set = maps.Clone(set)
		set["name"] = w.newName()
		body["name"] = set["name"]
	}
	return set
}

func (w *world) newName() string { return fmt.Sprintf("name %d é", w.next()) }

func (w *world) creation(g gathering, body any) change {
	users := append(slices.Clone(g.members), g.owner)
	next, code := g.made()
	if code == 0 { // of two things that are wrong, the members count
		next.attributes, code = attributes(nil).merged(g.attributes)
	}
	c := change{
		what: "create", method: http.MethodPost, path: "/rooms", body: body, status: http.StatusOK, code: code,
		at: &next, fresh: &next, users: slices.DeleteFunc(users, func(u string) bool { return u == "" }),
		read:  func(answer []byte) []string { return readID(answer, &next.id) },
		apply: func() { w.model.put(next) },
	}
	if g.kind == client.Group {
		c.path = "/groups"
	}
	return c
}

// gatheringID is what the id of a group or room looks like.
var gatheringID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// readID reads the answer of a creation.
func readID(answer []byte, id *string) []string {
	err := json.Unmarshal(answer, id)
	if err != nil || !gatheringID.MatchString(*id) {
		return []string{fmt.Sprintf("expected 32 hex digits in quotes, got %s", answer)}
	}
	return nil
}
