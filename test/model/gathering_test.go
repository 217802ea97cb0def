package model

import (
	"slices"
	"strings"

	"github.com/parley-im/parley/test/client"
)

// The server's limits, so low that they are met often.
const (
	groupLimit = 5
	roomLimit  = 6
)

// gathering is a group or a room. A value does not change: the methods return what it would become, and the code of
// the refusal when it would not, in which case nothing changes.
type gathering struct {
	kind    int
	id      string
	owner   string
	members []string // in the order of joining
	// attributes are never changed in place. That of the name "name" is shown beside them, too.
	attributes attributes
	cleared    int  // so many messages of the history, the oldest, are hidden
	gone       bool // deleted, or never made
}

func byID(a, b gathering) int { return strings.Compare(a.id, b.id) }

func (g gathering) path() string {
	if g.kind == client.Group {
		return "/groups/" + g.id
	}
	return "/rooms/" + g.id
}

func (g gathering) limit() int {
	if g.kind == client.Group {
		return groupLimit
	}
	return roomLimit
}

func (g gathering) has(u string) bool { return !g.gone && slices.Contains(g.members, u) }

// made returns the new group or room that g describes, its owner first.
func (g gathering) made() (gathering, int) {
	if g.kind == client.Group && g.owner == "" {
		return g, invalid
	}
	asked := g.members
	g.members = nil
	if g.owner != "" {
		asked = append([]string{g.owner}, asked...)
	}
	return g.with(asked...)
}

// with returns g after users joined, those who are in already excepted.
func (g gathering) with(users ...string) (gathering, int) {
	if g.gone {
		return g, unknown
	}
	next := g
	next.members = slices.Clone(g.members)
	for _, u := range users {
		if !slices.Contains(next.members, u) {
			next.members = append(next.members, u)
		}
	}
	if len(next.members) > g.limit() && len(next.members) > len(g.members) {
		return g, full
	}
	return next, 0
}

// without returns g after users left, those who are not in excepted. The owner of a group cannot.
func (g gathering) without(users ...string) (gathering, int) {
	switch {
	case g.gone:
		return g, unknown
	case g.kind == client.Group && slices.Contains(users, g.owner):
		return g, invalid
	}
	next := g
	next.members = slices.DeleteFunc(slices.Clone(g.members), func(u string) bool { return slices.Contains(users, u) })
	return next, 0
}

// edit is what a PUT gives; what is "" or nil stays as it is.
type edit struct {
	set     attributes // merged
	owner   string
	members []string // the whole list
}

// edited returns g after e, all of it or nothing. Of two things that are wrong, the members count.
func (g gathering) edited(e edit) (gathering, int) {
	if g.gone {
		return g, unknown
	}
	next := g
	joining := e.members
	if e.owner != "" {
		next.owner = e.owner
		joining = append([]string{e.owner}, joining...)
	}
	if e.members != nil {
		next.members = slices.DeleteFunc(slices.Clone(g.members), func(u string) bool {
			return u != next.owner && !slices.Contains(e.members, u)
		})
	}
	next, code := next.with(joining...)
	if code == 0 {
		next.attributes, code = g.attributes.merged(e.set)
	}
	if code != 0 {
		return g, code
	}
	return next, 0
}

// hidden returns g after its history of so many messages was cleared.
func (g gathering) hidden(count int) (gathering, int) {
	if g.gone {
		return g, unknown
	}
	next := g
	next.cleared = count
	return next, 0
}

// deleted returns g after its deletion.
func (g gathering) deleted() (gathering, int) {
	if g.gone {
		return g, unknown
	}
	next := g
	next.gone = true
	return next, 0
}
