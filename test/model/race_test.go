package model

import (
	"fmt"
	"slices"
	"sync"

	"github.com/parley-im/parley/internal/servertest"
)

// racers is how many changes of one group or room are under way at once.
const racers = 3

// race alters one group or room several times at once. What is answered, and what becomes of it, must be what some
// order of the changes would have led to: limits hold, and nothing is half done.
func (w *world) race() {
	g := w.gathering()
	var cs []change
	for range racers {
		cs = append(cs, oneOf(w, alterations)(w, g))
	}
	answers := make([]answer, len(cs))
	var racing sync.WaitGroup
	for i, c := range cs {
		racing.Go(func() { answers[i] = w.send(c) })
	}
	racing.Wait()
	w.count("race")
	w.raced(g, cs, answers)
}

// raced finds an order that explains the answers and what g has become, and makes the changes in the model.
func (w *world) raced(g gathering, cs []change, answers []answer) {
	users, also := slices.Clone(g.members), []question{}
	for i, c := range cs {
		a := answers[i]
		w.note("at once with others: %s %s %v -> %d %s %v", c.method, c.path, c.body, a.status, a.body, a.err)
		users, also = append(users, c.users...), append(also, c.also...)
	}
	var got gatheringJSON
	a := get(w.t.Context(), w.rest, g.path(), &got)
	end, faults := explain(g, cs, answers, a, got)
	w.must(faults)
	if !end.gone {
		w.model.put(end)
	}
	c := change{at: &end, users: users, also: also}
	if slices.ContainsFunc(answers, func(a answer) bool { return a.took > untold }) {
		w.must(w.settle(servertest.Patience, func() []string { return w.ask(w.about(c)...) }))
		return
	}
	w.examine(c)
}

// explain returns what g became by some order of cs that leads to the answers and to what is there, or the faults when
// there is no such order.
func explain(g gathering, cs []change, answers []answer, a reply, there gatheringJSON) (gathering, []string) {
	faults := []string{fmt.Sprintf("expected an order of the last changes to lead to these answers and to %s", a.body)}
	for order := range orders(len(cs)) {
		end, found := g, []string{}
		for _, i := range order {
			c := cs[i]
			end, c.code = c.op(end)
			found = append(found, checkAnswer(c, answers[i])...)
		}
		found = append(found, a.judge(!end.gone, func() []string { return checkGathering(end, there) })...)
		if len(found) == 0 {
			return end, nil
		}
		faults = append(faults, fmt.Sprintf("by the order %v: %v", order, found))
	}
	return g, faults
}

// orders yields every order of the numbers below n.
func orders(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) { permute(nil, n, yield) }
}

func permute(chosen []int, n int, yield func([]int) bool) bool {
	if len(chosen) == n {
		return yield(chosen)
	}
	for i := range n {
		if !slices.Contains(chosen, i) && !permute(append(slices.Clone(chosen), i), n, yield) {
			return false
		}
	}
	return true
}
