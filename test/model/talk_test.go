package model

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// letter is a new message of s, with what must become of it.
func (w *world) letter(s *session, kind int, to string) *letter {
	l := &letter{
		number: w.next(), from: s.user, origin: s, kind: kind, to: to, code: w.model.maySay(s.user, kind, to),
		awaited: make(map[*session]bool), heard: make(map[*session]bool),
	}
	l.body = fmt.Sprintf("%d from %s 你好 😀", l.number, s.name)
	w.garnish(l)
	if l.code == 0 {
		l.concerned = w.model.concerned(s.user, kind, to)
		for _, hearer := range w.sessionsIn(l.concerned) {
			l.awaited[hearer] = true
		}
		delete(l.awaited, s)
	}
	return l
}

// garnish adds what a message may have.
func (w *world) garnish(l *letter) {
	if w.chance(20) {
		l.remark = fmt.Sprintf("remark %d", l.number)
	}
	if w.chance(20) {
		l.id = fmt.Sprintf("id-%d", l.number)
	}
	if w.chance(20) {
		l.ack = l.number
	}
}

// talk says letters without waiting between them, waits until all are answered and everybody has heard what it must,
// and compares the answers with the model.
func (w *world) talk(letters ...*letter) {
	w.utter(letters, func(l *letter, err error) { w.mustf(err == nil, "%v: %v", l, err) })
	w.must(w.mail.awaitAnswers(servertest.Patience, letters))
	for _, l := range letters {
		w.must(checkReply(l))
		w.count(fmt.Sprintf("say to %s -> %d", kindNames[l.kind], l.code))
	}
	w.must(w.book(letters))
	for _, l := range letters {
		w.introduced(l)
	}
	w.must(w.mail.await(servertest.Patience))
}

var kindNames = map[int]string{
	client.Friend: "friend", client.Group: "group", client.Room: "room", client.Passenger: "passenger", client.Stranger: "stranger",
}

func (w *world) utter(letters []*letter, sent func(*letter, error)) {
	now := time.Now()
	for _, l := range letters {
		w.note("%s says %q to %s %s, expected %d", l.origin.name, l.body, kindNames[l.kind], l.to, l.code)
		l.said = now
		if l.stored() {
			l.until = now.Add(lateness)
		}
	}
	w.mail.expect(letters...)
	for _, l := range letters {
		sent(l, l.origin.conn.Say(l.message(), func(a client.Answer) { w.mail.answered(l, a) }))
	}
}

// checkReply compares the acknowledgement of a message with the model.
func checkReply(l *letter) []string {
	c := checker{about: l.String()}
	c.equal("error", l.code, l.answer.Error)
	c.equal("success", l.code == 0, l.answer.Success)
	c.equal("duplicate", false, l.answer.Duplicate)
	if l.code == 0 {
		c.equal("has ts", true, l.answer.TS > 0)
		c.equal("has n", l.stored(), l.answer.N > 0)
	}
	return c.faults
}

// book adds what was accepted to the model's conversations. All of it is of one conversation.
func (w *world) book(letters []*letter) (faults []string) {
	accepted := slices.DeleteFunc(slices.Clone(letters), func(l *letter) bool { return l.code != 0 })
	slices.SortStableFunc(accepted, func(a, b *letter) int { return cmp.Compare(a.ts, b.ts) })
	for _, l := range accepted {
		c := l.conversation()
		faults = append(faults, checkNext(w.model.talks[c], l)...)
		w.model.talks[c] = append(w.model.talks[c], l)
	}
	return faults
}

// checkNext checks that l may follow what was said in its conversation: n without gaps, ts growing, and nothing of one
// session overtaken.
func checkNext(said []*letter, l *letter) []string {
	c := checker{about: l.String()}
	if l.stored() {
		c.equal("n", uint64(len(said))+1, l.n)
	}
	for _, earlier := range slices.Backward(said) {
		if earlier.ts >= l.ts || earlier.origin == l.origin && earlier.number > l.number {
			c.fault("expected it before %v", earlier)
		}
		if earlier.origin == l.origin {
			break // what is before that one was compared with it
		}
	}
	return c.faults
}

// target is where a message can go.
type target struct {
	kind int
	to   string
}

// targets returns where a user may say something, by kind; a kind without any is left out.
func (w *world) targets(user string) (out [][]target) {
	p := w.model.profile(user)
	others := slices.DeleteFunc(slices.Clone(names), func(u string) bool { return u == user })
	by := [][]string{
		client.Friend: p.friends, client.Group: p.groups, client.Room: p.rooms, client.Passenger: w.passengers(), client.Stranger: others,
	}
	if isPassenger(user) {
		by = [][]string{client.Passenger: names}
	}
	for kind, ids := range by {
		var of []target
		for _, id := range ids {
			of = append(of, target{kind, id})
		}
		if len(of) > 0 {
			out = append(out, of)
		}
	}
	return out
}

// say lets a session say something where it may.
func (w *world) say() { w.talk(w.spoken(1)...) }

// burst lets a session say several things without waiting in between.
func (w *world) burst() { w.talk(w.spoken(2 + w.rng.IntN(6))...) }

func (w *world) spoken(count int) (letters []*letter) {
	s := oneOf(w, w.live)
	targets := w.targets(s.user)
	if len(targets) == 0 {
		return nil
	}
	of := oneOf(w, targets)
	if ofTwo(of[0].kind) {
		of = oneOf(w, targets) // few hear it
	}
	to := oneOf(w, of)
	for range count {
		letters = append(letters, w.letter(s, to.kind, to.to))
	}
	return letters
}

// crosstalk lets several sessions of those concerned say several things to one conversation at once.
func (w *world) crosstalk() {
	first := w.spoken(1)
	if len(first) == 0 || ofTwo(first[0].kind) {
		w.talk(first...)
		return
	}
	speakers := some(w, w.sessionsIn(first[0].concerned), 3)
	letters := first
	for range 3 {
		for _, s := range speakers {
			letters = append(letters, w.letter(s, first[0].kind, first[0].to))
		}
	}
	w.talk(letters...)
}
