package model

import (
	"slices"

	"github.com/parley-im/parley/test/client"
)

// profile is what the server should say of a user. The lists are sorted and never nil.
type profile struct {
	friends, groups, rooms, installs []string
	attributes                       attributes
}

func (m *model) profile(u string) profile {
	p := profile{friends: []string{}, installs: []string{}, groups: m.memberships(u, client.Group), rooms: m.memberships(u, client.Room)}
	p.attributes = m.attributes[u]
	for k, b := range m.bonds {
		switch {
		case b.friends && u == k.low:
			p.friends = append(p.friends, k.high)
		case b.friends && u == k.high:
			p.friends = append(p.friends, k.low)
		}
	}
	for install, owner := range m.installs {
		if owner == u {
			p.installs = append(p.installs, install)
		}
	}
	slices.Sort(p.friends)
	slices.Sort(p.installs)
	return p
}

func (m *model) memberships(u string, kind int) []string {
	out := []string{}
	for _, g := range m.living(kind) {
		if g.has(u) {
			out = append(out, g.id)
		}
	}
	return out
}
