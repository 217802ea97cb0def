package model

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// change is a REST call that may change the world, and what the model says of it.
type change struct {
	what         string // in the counts
	method, path string
	body         any // nil = none
	// status is that of a success; code is what the model says to the call, 0 = success.
	status, code int
	// read takes the answer of a success, before apply. nil = the answer is empty, or {}.
	read func(answer []byte) []string
	// apply makes the change in the model.
	apply func()
	// op is what an alteration does to a group or room, whatever that has become.
	op func(gathering) (gathering, int)
	// at, pair and users are what must agree with the model afterwards: a group or room, a friendship, profiles.
	at    *gathering
	pair  *pair
	users []string
	// also is what else must.
	also []question
	// fresh is the group or room that is made, whose id only the answer tells.
	fresh *gathering
}

// answer is what came of a change.
type answer struct {
	status int
	body   []byte
	err    error
	took   time.Duration
}

// do makes the change and compares what it touched.
func (w *world) do(c change) {
	w.answered(c, w.send(c))
	w.examine(c)
}

func (w *world) send(c change) answer {
	ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
	defer cancel()
	began := time.Now()
	var a answer
	a.status, a.body, a.err = w.rest.Send(ctx, c.method, c.path, c.body)
	a.took = time.Since(began)
	return a
}

// untold is how long an answer waits until all users know of the change; one that took longer may have come before.
const untold = time.Second

// answered compares the answer with what the model says, and makes the change in the model.
func (w *world) answered(c change, a answer) {
	w.note("%s %s %v -> %d %s %v", c.method, c.path, c.body, a.status, a.body, a.err)
	w.must(checkAnswer(c, a))
	w.count(fmt.Sprintf("%s -> %d", c.what, c.code))
	if c.code == 0 {
		c.apply()
	}
	if a.took > untold {
		w.count("answers before all was told")
		w.t.Logf("step %d, %s %s, was answered after %v", w.step, c.method, c.path, a.took)
		w.must(w.settle(servertest.Patience, func() []string { return w.ask(w.about(c)...) }))
	}
}

// checkAnswer compares an answer with what the model says.
func checkAnswer(c change, a answer) []string {
	k := checker{about: c.method + " " + c.path}
	if a.err != nil {
		k.fault("%v", a.err)
		return k.faults
	}
	status := map[int]int{
		0: c.status, invalid: http.StatusBadRequest, full: http.StatusBadRequest, tooLong: http.StatusBadRequest, forbidden: http.StatusUnauthorized,
		unknown: http.StatusNotFound,
	}[c.code]
	k.equal("code", c.code, client.ErrorCode(a.body))
	k.equal("status", status, a.status)
	switch {
	case len(k.faults) > 0 || c.code != 0:
	case c.read != nil:
		k.faults = c.read(a.body)
	case string(a.body) != "{}":
		k.equal("body", "", string(a.body))
	}
	return k.faults
}

// about lists what must agree with the model after c.
func (w *world) about(c change) (qs []question) {
	if c.at != nil && c.at.id != "" {
		qs = append(qs, w.askGathering(c.at.kind, c.at.id), w.askMembers(c.at.kind, c.at.id))
		if g := w.model.at(c.at.kind, c.at.id); g.gone {
			qs = append(qs, w.askChats(g))
		}
	}
	if c.pair != nil {
		qs = append(qs, w.askFriendship(*c.pair))
	}
	qs = append(qs, c.also...)
	users := slices.Clone(c.users)
	slices.Sort(users)
	return append(qs, w.askUsers(slices.Compact(users))...)
}

func (w *world) examine(c change) { w.must(w.ask(w.about(c)...)) }
