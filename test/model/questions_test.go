package model

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-im/parley/test/client"
)

// askGathering asks for one group or room.
func (w *world) askGathering(kind int, id string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var got gatheringJSON
		a := get(ctx, r, gathering{kind: kind, id: id}.path(), &got)
		return func() []string {
			g := w.model.at(kind, id)
			return a.judge(!g.gone, func() []string { return append(checkGathering(g, got), w.checkCreated(id, got.TS)...) })
		}
	}
}

// askMembers asks for the members of one group or room, two at a time.
func (w *world) askMembers(kind int, id string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var got []string
		var a reply
		page := memberPage{More: true}
		for page.More {
			path := fmt.Sprintf("%s/members?limit=2&after=%d", gathering{kind: kind, id: id}.path(), page.Last)
			page = memberPage{}
			a = get(ctx, r, path, &page)
			got = append(got, page.Members...)
		}
		return func() []string {
			g := w.model.at(kind, id)
			return a.judge(!g.gone, func() []string { return checkMembers(g, got) })
		}
	}
}

// checkCreated checks that a group's or room's time is always the one that was shown first.
func (w *world) checkCreated(id string, ts int64) []string {
	c := checker{about: id}
	if first, seen := w.model.created[id]; seen {
		c.equal("ts", first, ts)
	}
	w.model.created[id] = ts
	return c.faults
}

// askUser asks for a user's profile.
func (w *world) askUser(u string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var got profileJSON
		a := get(ctx, r, "/ctx/"+u, &got)
		return func() []string {
			return a.judge(w.model.users[u], func() []string { return w.checkUser(u, got) })
		}
	}
}

func (w *world) askUsers(users []string) (qs []question) {
	for _, u := range users {
		qs = append(qs, w.askUser(u))
	}
	return qs
}

// checkUser compares a profile, in which a creation that a kill cut off may show up.
func (w *world) checkUser(u string, got profileJSON) []string {
	w.adopt(client.Group, got.Groups)
	w.adopt(client.Room, got.Rooms)
	return checkProfile(u, w.model.profile(u), got)
}

// askLists asks for the plain lists of a user's friends, groups and rooms.
func (w *world) askLists(u string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var friends, groups, rooms []string
		a := get(ctx, r, "/ctx/"+u+"/friends", &friends)
		b := get(ctx, r, "/ctx/"+u+"/groups", &groups)
		c := get(ctx, r, "/ctx/"+u+"/rooms", &rooms)
		return func() []string {
			want, check := w.model.profile(u), checker{about: "the lists of " + u}
			for _, l := range []struct {
				reply
				want, got []string
			}{{a, want.friends, friends}, {b, want.groups, groups}, {c, want.rooms, rooms}} {
				check.faults = append(check.faults, l.judge(w.model.users[u], func() []string {
					c := checker{about: l.path}
					c.same("ids", l.want, l.got)
					return c.faults
				})...)
			}
			return check.faults
		}
	}
}

// askDetails asks for the detailed list of a user's groups or rooms.
func (w *world) askDetails(u string, kind int, list string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var got []gatheringJSON
		a := get(ctx, r, "/ctx/"+u+"/"+list+"?detail", &got)
		return func() []string {
			return a.judge(w.model.users[u], func() []string { return w.checkDetails(a.path, w.model.memberships(u, kind), kind, got) })
		}
	}
}

func (w *world) checkDetails(path string, want []string, kind int, got []gatheringJSON) []string {
	c, ids := checker{about: path}, []string{}
	for _, one := range got {
		ids = append(ids, one.ID)
		g := w.model.at(kind, one.ID)
		c.faults = append(c.faults, checkGathering(g, one)...)
		c.faults = append(c.faults, w.checkCreated(g.id, one.TS)...)
		var recent *letter
		if kind == client.Group {
			recent = w.model.recent(conversationOf(kind, "", g.id))
		}
		c.faults = append(c.faults, checkRecord(path+" recent of "+g.id, recent, one.Recent)...)
	}
	c.same("ids", want, ids)
	return c.faults
}

// askFriends asks for the detailed list of a user's friends. Who is online is checked apart.
func (w *world) askFriends(u string) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var got []friendJSON
		a := get(ctx, r, "/ctx/"+u+"/friends?detail", &got)
		return func() []string {
			return a.judge(w.model.users[u], func() []string {
				c, ids := checker{about: a.path}, []string{}
				for _, f := range got {
					ids = append(ids, f.ID)
					recent := w.model.recent(conversationOf(client.Friend, u, f.ID))
					c.faults = append(c.faults, checkRecord(a.path+" recent of "+f.ID, recent, f.Recent)...)
				}
				c.same("ids", w.model.profile(u).friends, ids)
				return c.faults
			})
		}
	}
}

// friendJSON is a friend in a detailed list.
type friendJSON struct {
	ID     string
	Online bool
	Recent *client.Record
}

// askFriendship asks for the friendship of two users.
func (w *world) askFriendship(p pair) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var got friendshipJSON
		a := get(ctx, r, "/ctx/"+p.low+"/friends/"+p.high, &got)
		return func() []string {
			return a.judge(w.model.areFriends(p.low, p.high), func() []string { return checkFriendship(p, w.model.bonds[p], got) })
		}
	}
}

// askHistory asks for the whole history of two, or of a group, paged by time and by number.
func (w *world) askHistory(c conversation) question {
	return func(ctx context.Context, r client.REST) func() []string {
		got, err := history(ctx, r, c)
		byNumber, errNumber := r.ChatsByNumber(ctx, chats(c))
		return func() []string {
			if err := errors.Join(err, errNumber); err != nil {
				return []string{fmt.Sprintf("history of %v: %v", c, err)}
			}
			want := w.model.history(c)
			return append(checkHistory(fmt.Sprintf("history of %v", c), want, got),
				checkHistory(fmt.Sprintf("history of %v by number", c), want, byNumber)...)
		}
	}
}

func history(ctx context.Context, r client.REST, c conversation) ([]client.Record, error) {
	return r.ChatsByTime(ctx, chats(c))
}

// chats is the route of a history.
func chats(c conversation) string {
	switch c.kind {
	case client.Group:
		return "/groups/" + c.low + "/chats"
	case client.Stranger:
		return "/ctx/" + c.high + "/strangers/" + c.low + "/chats"
	case client.Passenger:
		return "/passengers/" + idOf(c.high) + "/chats/" + c.low
	}
	return "/ctx/" + c.low + "/friends/" + c.high + "/chats"
}

// askChats asks for the history of a gathering. A room has none, and that of a group goes with it.
func (w *world) askChats(g gathering) question {
	if g.kind == client.Group && !g.gone {
		return w.askHistory(conversationOf(g.kind, "", g.id))
	}
	return func(ctx context.Context, r client.REST) func() []string {
		a := get(ctx, r, g.path()+"/chats", nil)
		return func() []string { return a.judge(false, nil) }
	}
}
