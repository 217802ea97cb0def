package model

import (
	"context"
	"slices"

	"github.com/parley-im/parley/test/client"
)

// askPresence asks how many sessions a user has, and which of its friends and strangers are online. The end of a session is noticed a
// moment later.
func (w *world) askPresence(u string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var self profileJSON
		var friends []friendJSON
		var strangers []strangerJSON
		a := get(ctx, r, "/ctx/"+u, &self)
		b := get(ctx, r, "/ctx/"+u+"/friends?detail", &friends)
		get(ctx, r, "/ctx/"+u+"/strangers?detail&limit=100", &strangers)
		return func() []string {
			return a.judge(w.model.users[u], func() []string {
				c := checker{about: b.path}
				c.equal("sessions", len(w.sessionsOf(u)), self.Sessions)
				for _, f := range friends {
					c.equal("online "+f.ID, len(w.sessionsOf(f.ID)) > 0, f.Online)
				}
				for _, s := range strangers {
					c.equal("online "+s.ID, len(w.sessionsOf(s.ID)) > 0, s.Online)
				}
				return c.faults
			})
		}
	}
}

// everything compares all that is durable with the model.
func (w *world) everything() []string {
	var qs []question
	for _, u := range w.users() {
		qs = append(qs, w.askUser(u), w.askLists(u), w.askFriends(u), w.askStrangers(u))
		qs = append(qs, w.askDetails(u, client.Group, "groups"), w.askDetails(u, client.Room, "rooms"))
	}
	for _, g := range slices.Concat(w.model.living(client.Group), w.model.living(client.Room), w.model.deleted) {
		qs = append(qs, w.askGathering(g.kind, g.id), w.askMembers(g.kind, g.id), w.askChats(g))
	}
	for p := range w.model.bonds {
		qs = append(qs, w.askFriendship(p), w.askHistory(conversation{client.Friend, p}))
	}
	for c := range w.model.talks {
		if c.kind == client.Stranger || c.kind == client.Passenger {
			qs = append(qs, w.askHistory(c))
		}
	}
	qs = slices.Concat(qs, w.askPassengers(), w.askAllAttributes(), w.askSearches())
	return w.ask(qs...)
}

// whoIsThere compares sessions and presence with the model.
func (w *world) whoIsThere() []string {
	var qs []question
	for _, u := range w.users() {
		qs = append(qs, w.askPresence(u))
	}
	return w.ask(qs...)
}

// users returns everybody who was ever named, sorted, and one who never was.
func (w *world) users() []string {
	out := []string{nobody}
	for u := range w.model.users {
		out = append(out, u)
	}
	for _, u := range names {
		if !w.model.users[u] {
			out = append(out, u)
		}
	}
	slices.Sort(out)
	return out
}
