package model

import (
	"slices"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// sayAnywhere lets a session say something to anybody and anything: mostly where it may not.
func (w *world) sayAnywhere() {
	s := oneOf(w, w.live)
	if w.chance(50) {
		g := w.gathering()
		w.talk(w.letter(s, g.kind, g.id))
		return
	}
	others := slices.DeleteFunc(append(slices.Clone(names), nobody), func(u string) bool { return u == s.user })
	switch {
	case isPassenger(s.user) && w.chance(50):
		w.talk(w.letter(s, client.Passenger, nobody))
	case w.chance(30):
		w.talk(w.letter(s, client.Passenger, oneOf(w, append(w.passengers(), visitors...))))
	case w.chance(50):
		w.talk(w.letter(s, client.Stranger, oneOf(w, append(others, idOf(s.user)))))
	case isPassenger(s.user):
		w.talk(w.letter(s, client.Room, oneOf(w, others)))
	default:
		w.talk(w.letter(s, client.Friend, oneOf(w, others)))
	}
}

// repeat sends a message with an id again, from any session of its user: it gets the first answer and is not heard again.
func (w *world) repeat() {
	s := oneOf(w, w.live)
	var sent []*letter
	for _, to := range slices.Concat(w.targets(s.user)...) {
		for _, l := range w.model.talks[conversationOf(to.kind, s.user, to.to)] {
			if l.id != "" && l.from == s.user && l.stored() {
				sent = append(sent, l)
			}
		}
	}
	if len(sent) == 0 {
		w.say()
		return
	}
	l := oneOf(w, sent)
	m := l.message()
	m.Ack = nil
	w.note("%s repeats %v", s.name, l)
	answers := make(chan client.Answer, 1)
	err := s.conn.Say(m, func(a client.Answer) { answers <- a })
	w.mustf(err == nil, "%s repeats %v: %v", s.name, l, err)
	want := client.Answer{Success: true, TS: l.ts, N: l.n, ID: l.id, Duplicate: true}
	select {
	case got := <-answers:
		w.mustf(got == want, "%s repeats %v: expected %+v, got %+v", s.name, l, want, got)
	case <-time.After(servertest.Patience):
		w.mustf(false, "%s repeats %v: expected an answer, none came", s.name, l)
	}
	w.count("repeat")
}
