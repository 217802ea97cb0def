package model

import (
	"slices"
	"time"

	"github.com/parley-im/parley/test/client"
)

// The codes that the server may refuse with (docs/protocol.md 6.1).
const (
	invalid   = 5001
	forbidden = 5003
	unknown   = 5004
	full      = 5008
	tooLong   = 5010
)

// model is what the server should know. It says what each request must be answered, and what it leads to.
type model struct {
	users      map[string]bool   // that exist
	installs   map[string]string // whose they are, by installation; "" = nobody's
	bonds      map[pair]*bond    // of those who are friends or once were
	gatherings map[string]gathering
	attributes map[string]attributes  // of users
	passengers map[string]attributes  // of those that exist, by name
	met        map[conversation]int64 // ms, since when two are strangers, as the server showed it first
	deleted    []gathering            // the last few
	created    map[string]int64       // ms, by id, as the server showed it first
	// talks holds what was accepted, by conversation and in its order; of rooms too, though the server keeps none.
	talks map[conversation][]*letter
}

func newModel() *model {
	return &model{
		users: make(map[string]bool), installs: make(map[string]string), bonds: make(map[pair]*bond),
		gatherings: make(map[string]gathering), attributes: make(map[string]attributes), passengers: make(map[string]attributes),
		met: make(map[conversation]int64), created: make(map[string]int64), talks: make(map[conversation][]*letter),
	}
}

// pair is two users, the lower name first.
type pair struct{ low, high string }

func pairOf(a, b string) pair { return pair{min(a, b), max(a, b)} }

// bond is a friendship, present or past.
type bond struct {
	from, to string // who asked whom, at the first time
	id       string // "" = not seen yet
	since    int64  // ms, of the present one; 0 = not seen yet
	friends  bool
	parted   time.Time
}

// conversation names where a message belongs: a pair of friends or strangers, a user and a passenger, which is high, or a
// group or room, whose id is in low.
type conversation struct {
	kind int
	pair
}

func conversationOf(kind int, from, to string) conversation {
	if ofTwo(kind) {
		return conversation{kind, pairOf(from, to)}
	}
	return conversation{kind, pair{low: to}}
}

// ofTwo reports whether two talk in a conversation of that kind.
func ofTwo(kind int) bool {
	return kind == client.Friend || kind == client.Stranger || kind == client.Passenger
}

func (m *model) befriend(from, to string) {
	m.users[from], m.users[to] = true, true
	b := m.bonds[pairOf(from, to)]
	if b == nil {
		b = &bond{from: from, to: to}
		m.bonds[pairOf(from, to)] = b
	}
	if !b.friends {
		b.friends, b.since = true, 0
	}
}

func (m *model) unfriend(a, b string) {
	if m.areFriends(a, b) {
		bond := m.bonds[pairOf(a, b)]
		bond.friends, bond.parted = false, time.Now()
	}
}

func (m *model) areFriends(a, b string) bool {
	bond := m.bonds[pairOf(a, b)]
	return bond != nil && bond.friends
}

// fewDeleted is how many deleted groups and rooms are looked at again and again.
const fewDeleted = 8

// put makes g what the model has under its id; whoever is in it exists from then on.
func (m *model) put(g gathering) {
	m.gatherings[g.id] = g
	if g.gone {
		m.deleted = append(m.deleted[max(0, len(m.deleted)-fewDeleted):], g)
		return
	}
	for _, u := range g.members {
		m.users[u] = true
	}
}

// at returns the gathering of that id, one that is gone when there is none of that kind.
func (m *model) at(kind int, id string) gathering {
	if g, ok := m.gatherings[id]; ok && g.kind == kind {
		return g
	}
	return gathering{kind: kind, id: id, gone: true}
}

// living returns the gatherings of a kind that are not deleted, by id.
func (m *model) living(kind int) (out []gathering) {
	for _, g := range m.gatherings {
		if g.kind == kind && !g.gone {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, byID)
	return out
}

// maySay returns the code of a message's refusal, 0 when it is accepted. A passenger talks to users alone.
func (m *model) maySay(from string, kind int, to string) int {
	exists, allowed := m.exists(to), true
	switch {
	case isPassenger(from) && (kind != client.Passenger || isPassenger(to)):
		return invalid
	case kind == client.Friend:
		allowed = m.areFriends(from, to)
	case kind == client.Stranger && from == to:
		return forbidden
	case !ofTwo(kind):
		g := m.at(kind, to)
		exists, allowed = !g.gone, g.has(from)
	}
	switch {
	case !exists:
		return unknown
	case !allowed:
		return forbidden
	}
	return 0
}

// exists reports whether there is a user or passenger of that name.
func (m *model) exists(name string) bool {
	_, visited := m.passengers[name]
	return m.users[name] || visited
}

// concerned returns the users and passengers whose sessions hear a message that is accepted, its speaker among them.
func (m *model) concerned(from string, kind int, to string) []string {
	if ofTwo(kind) {
		return []string{from, to}
	}
	return m.at(kind, to).members
}

// history returns the stored messages of a conversation that are to be read.
func (m *model) history(c conversation) []*letter {
	said := m.talks[c]
	if c.kind != client.Group {
		return said
	}
	return said[m.at(c.kind, c.low).cleared:]
}

// recent returns the newest of them, nil when there is none.
func (m *model) recent(c conversation) *letter {
	if l := m.history(c); len(l) > 0 {
		return l[len(l)-1]
	}
	return nil
}
