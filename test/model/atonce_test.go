package model

import (
	"slices"

	"github.com/parley-im/parley/test/client"
)

// What a change answered is true at once: these steps say something right after the answer, before anybody reads
// anything, so that a server which learns a moment later is found out.

// addThenSay adds somebody, who must hear what is said next.
func (w *world) addThenSay() {
	g, speaker, ok := w.spokenIn()
	guests := slices.DeleteFunc(w.usersThere(), g.has)
	if !ok || len(guests) == 0 {
		w.do(w.add(w.gathering()))
		return
	}
	guest := oneOf(w, guests)
	c := w.addition(g, []string{guest})
	if w.chance(50) {
		c = w.joining(g, guest)
	}
	w.thenSay(c, speaker, g.kind, g.id)
	if c.code == 0 && w.chance(30) {
		w.talk(w.letter(oneOf(w, w.sessionsOf(guest)), g.kind, g.id)) // the guest may speak, too
	}
}

// removeThenSay removes somebody, who must not hear what is said next, nor say anything.
func (w *world) removeThenSay() {
	g, speaker, ok := w.spokenIn()
	guests := slices.DeleteFunc(w.usersThere(), func(u string) bool { return !g.has(u) || u == speaker.user })
	if !ok || len(guests) == 0 {
		w.do(w.remove(w.gathering()))
		return
	}
	guest := oneOf(w, guests)
	c := w.removal(g, []string{guest})
	if w.chance(50) {
		c = w.leaving(g, guest)
	}
	w.thenSay(c, speaker, g.kind, g.id)
	if w.chance(50) {
		w.talk(w.letter(oneOf(w, w.sessionsOf(guest)), g.kind, g.id))
	}
}

// createThenSay makes a group or room of users who are there, and one of them says something at once.
func (w *world) createThenSay() {
	kind := w.kind()
	if len(w.model.living(kind)) >= handful {
		w.do(w.create())
		return
	}
	g := gathering{kind: kind, attributes: attributes{"name": w.newName()}, members: some(w, w.usersThere(), 4)}
	body := map[string]any{"name": g.attributes["name"], "members": g.members}
	speaker := oneOf(w, w.sessionsOf(g.members[0]))
	if kind == client.Group {
		g.owner = g.members[0]
		body["owner"] = g.owner
	}
	c := w.creation(g, body)
	w.answered(c, w.send(c))
	w.talk(w.letter(speaker, kind, c.fresh.id))
	w.examine(c)
}

// befriendThenSay makes two users friends, and one says something to the other at once.
func (w *world) befriendThenSay() {
	two := some(w, w.usersThere(), 2)
	if len(two) < 2 {
		return
	}
	w.thenSay(w.friendship(two[0], two[1]), oneOf(w, w.sessionsOf(two[0])), client.Friend, two[1])
}

func (w *world) thenSay(c change, speaker *session, kind int, to string) {
	w.answered(c, w.send(c))
	w.talk(w.letter(speaker, kind, to))
	w.examine(c)
}

// spokenIn draws a group or room and a session of a member.
func (w *world) spokenIn() (gathering, *session, bool) {
	living := w.model.living(w.kind())
	if len(living) == 0 {
		return gathering{}, oneOf(w, w.live), false
	}
	g := oneOf(w, living)
	speakers := w.sessionsIn(g.members)
	if len(speakers) == 0 {
		return g, oneOf(w, w.live), false
	}
	return g, oneOf(w, speakers), true
}

// usersThere returns the users with a session, sorted.
func (w *world) usersThere() []string {
	return slices.DeleteFunc(slices.Clone(names), func(u string) bool { return len(w.sessionsOf(u)) == 0 })
}
