package model

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// awaitMoment waits until the server is to be killed: when something came of what is under way, or a bit earlier. The
// moment is random in time, so it is not the seed's choice alone.
func (w *world) awaitMoment(came <-chan struct{}) {
	early := time.Duration(w.rng.IntN(1000)) * time.Microsecond
	if w.chance(50) {
		early = servertest.Patience
	}
	select {
	case <-came:
	case <-time.After(early):
	}
}

// killDuringChange kills the server with a change under way. Whether it was made is learned by reading.
func (w *world) killDuringChange() {
	c := w.anyChange()
	var a answer
	came := make(chan struct{})
	go func() {
		a = w.send(c)
		close(came)
	}()
	w.awaitMoment(came)
	w.note("SIGKILL during %s %s %v", c.method, c.path, c.body)
	gone := w.restart(w.node.Kill)
	if <-came; a.err == nil {
		w.count("SIGKILL just after a change")
		w.answered(c, a)
	} else {
		w.learn(c)
	}
	w.comeBack(gone)
	w.agree()
}

// anyChange draws a change whose outcome can be read.
func (w *world) anyChange() change {
	switch w.rng.IntN(11) {
	case 0:
		if c := w.create(); c.fresh == nil || len(c.users) > 0 {
			return c
		}
		return w.befriend() // nobody's profile would name the new one
	case 1:
		return w.deletion(w.gathering())
	case 2:
		return w.befriend()
	case 3:
		return w.unfriend()
	case 4:
		return w.adornUser()
	case 5:
		return w.clear(w.gathering())
	case 6:
		if c := w.invite(); len(c.also) > 0 { // else nobody would learn its id
			return c
		}
	}
	return oneOf(w, alterations)(w, w.gathering())
}

// learn reads whether a change that nobody answered was made.
func (w *world) learn(c change) {
	made := "nobody knows yet"
	switch {
	case c.code != 0:
		made = "refused"
	case c.fresh != nil:
		w.cut = append(w.cut, *c.fresh)
		if w.settle(lateness, func() []string { return w.stillCut(c) }) == nil {
			made = "yes"
		}
	case len(w.ask(w.subject(c)...)) == 0:
		made = "no, or no change"
	default:
		c.apply()
		w.must(w.ask(w.subject(c)...))
		made = "yes"
	}
	w.note("the server is back; made: %s", made)
	w.count("SIGKILL during a change, made: " + made)
}

// stillCut looks for the group or room that c was to make in the profiles of its users.
func (w *world) stillCut(c change) []string {
	w.ask(w.about(change{users: c.users})...)
	if len(w.cut) > 0 {
		return []string{"it is not there"}
	}
	return nil
}

// subject is what c is about without the users, who learn of it a moment later.
func (w *world) subject(c change) []question {
	c.users = nil
	return w.about(c)
}

// adopt takes a group or room into the model that a user's profile names and nobody knows, if it is a creation that a
// kill cut off.
func (w *world) adopt(kind int, ids []string) {
	for _, id := range ids {
		if _, known := w.model.gatherings[id]; known || len(w.cut) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
		var got gatheringJSON
		a := get(ctx, w.rest, gathering{kind: kind, id: id}.path(), &got)
		cancel()
		if a.err != nil {
			continue // the profile will be a fault
		}
		for i, g := range w.cut {
			if g.id = id; g.kind == kind && len(checkGathering(g, got)) == 0 {
				w.note("%s was made just before the kill", g.path())
				w.count("creations learned of later")
				w.model.put(g)
				w.cut = slices.Delete(w.cut, i, i+1)
				break
			}
		}
	}
}

// killDuringTalk kills the server while messages of one session are under way. History tells which were stored: the
// first of them, in their order, and none that was not said.
func (w *world) killDuringTalk() {
	letters := w.spoken(1 + w.rng.IntN(5))
	if len(letters) == 0 {
		w.kill()
		return
	}
	w.mail.forgetSignal()
	w.utter(letters, func(*letter, error) {}) // a connection may end while it is written to
	w.awaitMoment(w.mail.changed)
	w.note("SIGKILL during these")
	gone := w.restart(w.node.Kill)
	if letters[0].stored() {
		w.must(w.keep(letters))
	} else {
		w.count("SIGKILL during room talk")
	}
	w.comeBack(gone)
	w.agree()
}

// keep adds those of letters to the model that are in history.
func (w *world) keep(letters []*letter) []string {
	ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
	defer cancel()
	c := letters[0].conversation()
	got, err := history(ctx, w.rest, c)
	if err != nil {
		return []string{fmt.Sprintf("history of %v: %v", c, err)}
	}
	stored := min(max(0, len(got)-len(w.model.history(c))), len(letters))
	w.note("of %d messages, %d were stored", len(letters), stored)
	w.count(fmt.Sprintf("SIGKILL during %s talk, stored: %s", kindNames[c.kind], share(stored, len(letters))))
	fresh := got[len(got)-stored:]
	for i, l := range letters {
		if i >= stored {
			w.mail.annul(l)
			continue
		}
		w.mail.learn(l, fresh[i])
		w.model.talks[c] = append(w.model.talks[c], l)
	}
	return checkHistory(fmt.Sprintf("history of %v", c), w.model.history(c), got)
}

func share(part, whole int) string {
	switch part {
	case 0:
		return "none"
	case whole:
		return "all"
	}
	return "some"
}

// learn takes n and ts of l from history.
func (m *mail) learn(l *letter, r client.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = append(m.faults, l.stamp("history", r.N, r.TS)...)
}
