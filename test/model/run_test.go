package model

import (
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// stepsBetweenComparisons is how often everything is compared, apart from restarts.
const stepsBetweenComparisons = 400

// stepsBetweenCrashes is how often the server is ended, on average.
const stepsBetweenCrashes = 650

// steps are what is drawn from, each as often as its weight says.
var steps = []struct {
	weight int
	take   func(*world)
}{
	{5, doing((*world).create)},
	{7, altering((*world).add)},
	{4, altering((*world).join)},
	{6, altering((*world).remove)},
	{3, altering((*world).leave)},
	{6, altering((*world).edit)},
	{4, (*world).race},
	{2, doing((*world).delete)},
	{4, doing((*world).befriend)},
	{4, doing((*world).unfriend)},
	{2, doing((*world).unbind)},
	{3, doing((*world).adornUser)},
	{4, altering((*world).adorn)},
	{2, (*world).inviteOne},
	{2, altering((*world).clear)},
	{5, (*world).announce},
	{5, (*world).login},
	{2, (*world).visit},
	{6, (*world).logout},
	{30, (*world).say},
	{8, (*world).sayAnywhere},
	{5, (*world).burst},
	{2, (*world).crosstalk},
	{2, (*world).repeat},
	{6, (*world).addThenSay},
	{4, (*world).removeThenSay},
	{2, (*world).createThenSay},
	{2, (*world).befriendThenSay},
}

// doing is the step of one drawn change.
func doing(draw func(*world) change) func(*world) {
	return func(w *world) { w.do(draw(w)) }
}

// altering is the step of one alteration of any group or room.
func altering(draw func(*world, gathering) change) func(*world) {
	return func(w *world) { w.do(draw(w, w.gathering())) }
}

// Whatever is done, and whenever the server dies, it does what the model says and shows what the model has; members
// hear every message once, in order, from the moment that their joining is answered, and nobody else hears any.
func TestServer_DoesWhatTheModelSays(t *testing.T) {
	w := newWorld(t)
	count := int(number(t, "PARLEY_STEPS", 10_000/servertest.Slowdown))
	w.populate()
	crashes := w.plan(count)
	for w.step = 1; w.step <= count; w.step++ {
		if crash := crashes[w.step]; crash != nil {
			crash(w)
		} else {
			w.draw()(w)
		}
		w.afterStep()
	}
	w.finish()
}

// populate names every user and logs some in. While something is under way nobody can tell who exists.
func (w *world) populate() {
	for i, u := range names {
		w.do(w.friendship(u, names[(i+1)%len(names)]))
	}
	for range fewSessions {
		w.enter(manner{user: w.user(), revision: 4, polling: w.chance(50)})
	}
}

// crashes are how the server may end; mostly with something under way.
var crashes = []func(*world){
	(*world).kill, (*world).killDuringChange, (*world).killDuringChange, (*world).killDuringTalk, (*world).killDuringTalk,
}

// plan says at which steps the server is ended, and how; once cleanly.
func (w *world) plan(count int) map[int]func(*world) {
	at := make(map[int]func(*world))
	for i := range count / stepsBetweenCrashes {
		at[1+i*stepsBetweenCrashes+w.rng.IntN(stepsBetweenCrashes)] = oneOf(w, crashes)
	}
	at[1+w.rng.IntN(count)] = (*world).stop
	return at
}

// draw draws a step.
func (w *world) draw() func(*world) {
	total := 0
	for _, s := range steps {
		total += s.weight
	}
	left := w.rng.IntN(total)
	for _, s := range steps {
		if left -= s.weight; left < 0 {
			return s.take
		}
	}
	panic("unreachable")
}

func (w *world) afterStep() {
	faults, _ := w.mail.state(func() bool { return true })
	w.must(faults)
	w.must(w.presenceIsOfFriends())
	if w.step%stepsBetweenComparisons == 0 {
		w.must(w.everything())
		w.must(w.settle(servertest.Patience, w.whoIsThere))
	}
}

// finish compares everything a last time, lets all go, and reports.
func (w *world) finish() {
	w.must(w.everything())
	w.must(w.settle(servertest.Patience, w.whoIsThere))
	for _, s := range w.live {
		s.conn.Cut()
	}
	w.live = nil
	w.must(w.settle(servertest.Patience, w.whoIsThere))
	w.step--
	w.afterStep()
	w.report()
}
