package system

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// worker brings users of its own to places, one party after the other. One goroutine at a time has it.
type worker struct {
	*churn
	number int
	rng    *rand.Rand
	visits int
}

// own is how many users each worker has.
const own = crowd / workers

// user draws one of the worker's users.
func (w *worker) user() string {
	return user(w.number*own + w.rng.IntN(own))
}

// visit brings two, one of them perhaps with two sessions, to a place, where each session says something and hears all
// others. The two are friends, or strangers, or a passenger and a user, as the place is.
func (w *worker) visit() error {
	w.visits++
	w.churn.visits.Add(1)
	p, err := w.choose()
	if err != nil {
		return err
	}
	if w.rng.IntN(8) == 0 {
		w.vanish()
	}
	party, err := w.arrive(p)
	defer func() {
		for _, g := range party {
			g.conn.Cut()
		}
		w.departed(p, party)
	}()
	if err != nil {
		return err
	}
	if err := w.meet(p, party); err != nil && !errors.Is(err, errGone) {
		return err
	}
	return w.part(party)
}

// choose draws a place.
func (w *worker) choose() (*place, error) {
	switch w.rng.IntN(16) {
	case 0:
		return &place{kind: client.Friend}, nil
	case 1:
		return &place{kind: client.Stranger}, nil
	case 2, 3:
		return &place{kind: client.Passenger}, nil
	}
	return w.slots[w.rng.IntN(len(w.slots))].take(w)
}

// options draws how a session of u is opened.
func (w *worker) options(u string) client.Options {
	o := client.Options{
		Addr: w.node.Listen, App: servertest.App, User: u, Sign: client.SignNow(servertest.ClientKey), Revision: 3 + w.rng.IntN(2), Polling: w.rng.IntN(3) == 0,
	}
	if w.rng.IntN(2) == 0 {
		o.Install = fmt.Sprintf("phone%d", w.rng.IntN(phones))
	}
	return o
}

// vanish begins a login and is gone a moment later, mostly before it is answered.
func (w *worker) vanish() {
	moment := time.Duration(w.rng.IntN(5_000)) * time.Microsecond
	ctx, cancel := context.WithTimeout(w.t.Context(), moment)
	defer cancel()
	c, err := client.Dial(ctx, w.options(w.user()))
	if err == nil {
		c.Cut()
		return
	}
	w.vanished.Add(1)
}

// arrive logs a party in. What it returns is to be cut, also with an error.
func (w *worker) arrive(p *place) (party []*guest, err error) {
	users := w.company(p)
	name := fmt.Sprintf("party %d-%d", w.number, w.visits)
	for i, o := range users {
		g := &guest{words: fmt.Sprintf("%s: %d 😀", name, i), heard: make(chan string, 16)}
		o.On = func(_ string, arg json.RawMessage) { g.hear(name, arg) }
		ctx, cancel := context.WithTimeout(w.t.Context(), servertest.Patience)
		g.conn, err = client.Dial(ctx, o)
		cancel()
		if err != nil {
			return party, fmt.Errorf("log in as %s%s: %w", o.User, o.Passenger, err)
		}
		w.count(o)
		g.user = g.conn.ID()
		party = append(party, g)
	}
	for i, g := range party {
		g.other = client.To{ID: party[1-i%2].user, Type: p.kind} // the third is the first again
		if p.kind == client.Passenger && i%2 == 1 {
			g.other.Type = client.Friend // as passengers say it
		}
	}
	return party, nil
}

// meet joins, talks, and leaves or not.
func (w *worker) meet(p *place, party []*guest) error {
	for _, g := range party[:2] { // the third is the first again
		if err := w.join(p, g.user); err != nil {
			return err
		}
	}
	for _, g := range party {
		if err := g.say(p); err != nil {
			return err
		}
	}
	w.introduced(p, party)
	for _, g := range party {
		if err := g.hearAll(p, len(party)-1); err != nil {
			return err
		}
		w.heard.Add(int64(len(party) - 1))
	}
	return w.leave(p, party[w.rng.IntN(len(party))].user)
}

func (w *worker) join(p *place, u string) error {
	if p.ofTwo() {
		return nil
	}
	return p.refused(w.ask(http.MethodPost, p.path()+"/members/"+u, nil, http.StatusCreated, nil))
}

// leave takes u out of p, every other time. Owners of groups cannot leave.
func (w *worker) leave(p *place, u string) error {
	if p.ofTwo() || p.owner == u || w.rng.IntN(2) == 0 {
		return nil
	}
	return p.refused(w.ask(http.MethodDelete, p.path()+"/members/"+u, nil, http.StatusNoContent, nil))
}

// part ends the sessions of a party, each in its own way.
func (w *worker) part(party []*guest) error {
	for _, g := range party {
		switch w.rng.IntN(3) {
		case 0:
			if err := g.logOut(); err != nil {
				return err
			}
		case 1:
			if err := g.conn.Close(); err != nil {
				return err
			}
		default:
			g.conn.Cut()
		}
	}
	return nil
}
