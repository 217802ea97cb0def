package model

import (
	"context"
	"maps"
	"slices"

	"github.com/parley-im/parley/test/client"
)

// foundJSON is what a search shows of a user, a group or a room (docs/protocol.md 6.7).
type foundJSON struct {
	ID         string
	Attributes map[string]any
}

// askSearch asks for all users, groups or rooms, and for those whose level is true.
func (w *world) askSearch(path string, all func() map[string]attributes) question {
	return func(ctx context.Context, r client.REST) func() []string {
		var every, high []foundJSON
		a := get(ctx, r, path+"?_limit=100", &every)
		b := get(ctx, r, path+"?level=true&_limit=100&_sort=-id", &high)
		return func() []string {
			want := all()
			faults := a.judge(true, func() []string { return checkFound(a.path, slices.Sorted(maps.Keys(want)), want, every) })
			ids := slices.DeleteFunc(slices.Sorted(maps.Keys(want)), func(id string) bool { return want[id]["level"] != true })
			slices.Reverse(ids)
			return append(faults, b.judge(true, func() []string { return checkFound(b.path, ids, want, high) })...)
		}
	}
}

// checkFound compares what was found, in its order, with the ids that should be, and their attributes.
func checkFound(about string, ids []string, of map[string]attributes, got []foundJSON) []string {
	c, found := checker{about: about}, []string{}
	for _, f := range got {
		found = append(found, f.ID)
		c.equal("attributes of "+f.ID, of[f.ID].shown(), f.Attributes)
	}
	c.equal("ids", append([]string{}, ids...), found)
	return c.faults
}

// askSearches searches for users, who are no passengers, and for groups and rooms, which are not deleted.
func (w *world) askSearches() []question {
	users := func() map[string]attributes {
		all := map[string]attributes{}
		for u := range w.model.users {
			all[u] = w.model.attributes[u]
		}
		return all
	}
	living := func(kind int) func() map[string]attributes {
		return func() map[string]attributes {
			all := map[string]attributes{}
			for _, g := range w.model.living(kind) {
				all[g.id] = g.attributes
			}
			return all
		}
	}
	return []question{
		w.askSearch("/ctx", users), w.askSearch("/groups", living(client.Group)), w.askSearch("/rooms", living(client.Room)),
	}
}
