package model

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/parley-im/parley/internal/servertest"
)

// befriend makes two users friends; now and then somebody and itself, which is refused.
func (w *world) befriend() change {
	two := some(w, names, 2)
	if w.chance(3) {
		two[1] = two[0]
	}
	return w.friendship(two[0], two[1])
}

func (w *world) friendship(from, to string) change {
	p := pairOf(from, to)
	c := change{
		what: "befriend", method: http.MethodPost, path: "/ctx/" + from + "/friends/" + to, status: http.StatusOK,
		pair: &p, users: []string{from, to},
		apply: func() { w.model.befriend(from, to) },
		read:  func(answer []byte) []string { return w.readFriendship(from, to, answer) },
	}
	if from == to {
		c.code = invalid
	}
	return c
}

// readFriendship compares the answer, as if the two were friends already.
func (w *world) readFriendship(from, to string, answer []byte) []string {
	var got friendshipJSON
	if err := json.Unmarshal(answer, &got); err != nil {
		return []string{fmt.Sprintf("friendship %s %s: %s: %v", from, to, answer, err)}
	}
	w.model.befriend(from, to)
	p := pairOf(from, to)
	c := checker{about: fmt.Sprintf("friendship %s %s", from, to)}
	c.equal("ns", servertest.App, got.NS)
	return append(c.faults, checkFriendship(p, w.model.bonds[p], got)...)
}

// unfriend parts friends, mostly.
func (w *world) unfriend() change {
	two := some(w, names, 2)
	if friends := w.model.profile(two[0]).friends; len(friends) > 0 && w.chance(80) {
		two[1] = oneOf(w, friends)
	}
	p := pairOf(two[0], two[1])
	return change{
		what: "unfriend", method: http.MethodDelete, path: "/ctx/" + two[0] + "/friends/" + two[1], status: http.StatusNoContent,
		pair: &p, users: two, apply: func() { w.model.unfriend(two[0], two[1]) },
	}
}
