package compat

import (
	"regexp"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// calls are the SDK's functions for a kind of gathering.
type calls struct {
	kind                         int
	add, get, update, rm         string
	addMembers, rmMembers, lists string
}

var (
	groupCalls = calls{typeGroup, "addGroup", "getGroup", "updateGroup", "rmGroup", "addGroupMembers", "rmGroupMembers", "listGroups"}
	roomCalls  = calls{typeRoom, "addRoom", "getRoom", "updateRoom", "rmRoom", "addRoomMembers", "rmRoomMembers", "listRooms"}
)

var hexID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// The life of a group and of a room, by the SDK's own calls; the user's lists follow.
func TestSDK_GroupsAndRoomsByItsOwnCalls(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom := login(t, s, sdk, "tom")
		for _, c := range []calls{groupCalls, roomCalls} {
			leadThrough(t, tom, c)
		}
	})
}

// leadThrough leads a gathering from its making to its end.
func leadThrough(t *testing.T, tom *session, c calls) {
	given := fields{"name": "cats", "members": []string{"jerry", "mary"}}
	if c.kind == typeGroup {
		given["owner"] = "tom"
	} else {
		given["members"] = []string{"tom", "jerry", "mary", "jerry"}
	}
	var id string
	if tom.sdk(&id, c.add, given); !hexID.MatchString(id) {
		t.Fatalf("%s answered %q, want 32 hex digits", c.add, id)
	}
	made := tom.checkGathering(c, id, "cats", "tom", "jerry", "mary")
	if made.TS == 0 || (made.Owner != nil) != (c.kind == typeGroup) {
		t.Errorf("%s answered %+v, want ts, and an owner for groups only", c.get, made)
	}

	tom.succeeds(c.update, id, fields{"name": "dogs"})
	tom.checkGathering(c, id, "dogs", "tom", "jerry", "mary")
	tom.succeeds(c.update, id, fields{"members": []string{"tom", "spike"}})
	tom.checkGathering(c, id, "dogs", "tom", "spike")
	tom.succeeds(c.addMembers, id, fields{"members": []string{"jerry", "spike", "jerry"}})
	tom.checkGathering(c, id, "dogs", "tom", "spike", "jerry")
	tom.succeeds(c.rmMembers, id, fields{"members": []string{"spike", "nobody"}})
	if g := tom.checkGathering(c, id, "dogs", "tom", "jerry"); g.TS != made.TS {
		t.Errorf("ts moved from %d to %d", made.TS, g.TS)
	}

	for user, want := range map[string][]string{"tom": {id}, "jerry": {id}, "mary": {}, "spike": {}} {
		tom.checkLists(c, user, want)
	}
	tom.succeeds(c.rm, id)
	for _, user := range []string{"tom", "jerry"} {
		tom.checkLists(c, user, []string{})
	}
	if text := tom.refused(c.get, id); errorCode(text) != 5004 {
		t.Errorf("after %s, %s gave the application %q, want error 5004", c.rm, c.get, text)
	}
}

// A group's owner: hands it on by updateGroup, becomes a member by that, and stays in when members are replaced.
func TestSDK_GroupOwner(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom := login(t, s, sdk, "tom")
		var id string
		tom.sdk(&id, "addGroup", fields{"owner": "tom"})
		owned := func(owner string, members ...string) {
			t.Helper()
			if g := tom.checkGathering(groupCalls, id, "", members...); g.Owner == nil || *g.Owner != owner {
				t.Errorf("the owner of %+v is not %s", g, owner)
			}
		}
		owned("tom", "tom")
		tom.succeeds("updateGroup", id, fields{"owner": "jerry"})
		owned("jerry", "tom", "jerry")
		tom.succeeds("updateGroup", id, fields{"members": []string{"mary"}})
		owned("jerry", "jerry", "mary")
		tom.succeeds("updateGroup", id, fields{"owner": "spike", "members": []string{"tom", "mary"}})
		owned("spike", "tom", "mary", "spike")
	})
}

// checkGathering reads a gathering by itself and in the detailed list of its first member, and compares.
func (p *session) checkGathering(c calls, id, name string, members ...string) gathering {
	p.T.Helper()
	var got gathering
	p.sdk(&got, c.get, id)
	attribute, _ := got.Attributes["name"].(string)
	if got.Attributes == nil || got.Name != name || attribute != name || !slices.Equal(sorted(got.Members), sorted(members)) {
		p.T.Errorf("%s answered %+v, want name %q, as an attribute too, and members %q", c.get, got, name, members)
	}
	var list []gathering
	p.detail(&list, c.lists, members[0])
	at := slices.IndexFunc(list, func(g gathering) bool { return g.ID == id })
	if at < 0 {
		p.T.Fatalf("%s of %s with detail answered %+v, want %s in it", c.lists, members[0], list, id)
	}
	listed := list[at]
	listed.ID, listed.Recent = got.ID, nil // a single one need not name itself, and has no newest record
	if g, w := canonical(p.T, listed), canonical(p.T, got); g != w {
		p.T.Errorf("%s with detail has %s, %s answered %s", c.lists, g, c.get, w)
	}
	return got
}

// checkLists compares the user's plain list and the one in its profile with want.
func (p *session) checkLists(c calls, user string, want []string) {
	p.T.Helper()
	var ids []string
	var info struct{ Groups, Rooms []string }
	p.sdk(&ids, c.lists, user)
	p.sdk(&info, "userInfo", user)
	profile := map[int][]string{typeGroup: info.Groups, typeRoom: info.Rooms}[c.kind]
	if ids == nil || profile == nil || !slices.Equal(ids, want) || !slices.Equal(profile, want) {
		p.T.Errorf("%s of %s answered %q, userInfo %q, want %q", c.lists, user, ids, profile, want)
	}
}

// detail calls one of the SDK's lists with its flag for details.
func (p *session) detail(v any, name, user string) {
	p.T.Helper()
	p.decode(p.Do("sdk", name, []any{user}, []any{true}), v)
}

// succeeds calls a REST function of the SDK that has nothing to say: the application gets an empty object.
func (p *session) succeeds(name string, args ...any) {
	p.T.Helper()
	if got := string(p.Do("sdk", name, args, []any{})); got != "{}" {
		p.T.Errorf("%s gave the application %s, want {}", name, got)
	}
}
