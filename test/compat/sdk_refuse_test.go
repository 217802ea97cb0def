package compat

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// The protocol's limits, docs/protocol.md section 1.
const (
	groupLimit = 50
	roomLimit  = 1000
)

// refusal is a call of the SDK that must fail.
type refusal struct {
	why  string
	name string
	args []any
	code int
}

// Every refusal of a group or a room comes with its documented code and changes nothing, whatever it is about.
func TestSDK_RefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom := login(t, s, sdk, "tom")
		tom.befriend("jerry")
		var w scene
		tom.sdk(&w.group, "addGroup", fields{"owner": "tom", "name": "cats", "members": []string{"jerry"}})
		tom.sdk(&w.full, "addGroup", fields{"owner": "tom", "members": crowd(1, groupLimit)})
		tom.sdk(&w.room, "addRoom", fields{"name": "mice", "members": []string{"tom"}})
		tom.sdk(&w.fullRoom, "addRoom", fields{"members": crowd(0, roomLimit)})
		tom.sdk(&w.gone, "addGroup", fields{"owner": "tom"})
		tom.sdk(&w.goneRoom, "addRoom", fields{"members": []string{"tom"}})
		tom.succeeds("rmGroup", w.gone)
		tom.succeeds("rmRoom", w.goneRoom)
		tom.succeeds("addGroupMembers", w.full, fields{"members": []string{"tom", "user-1"}}) // who is in is no addition
		tom.succeeds("addRoomMembers", w.fullRoom, fields{"members": []string{"user-0"}})

		before := w.look(s)
		for _, rows := range [][]refusal{w.tooMany(), w.illegal(), w.unknown(), w.deleted(), w.shifted()} {
			for _, r := range rows {
				if text := tom.refused(r.name, r.args...); errorCode(text) != r.code {
					t.Errorf("%s: %s gave the application %q, want error %d", r.why, r.name, text, r.code)
				}
				if after := w.look(s); after != before {
					t.Fatalf("%s: %s was refused and changed something:\n%s\nbefore it was\n%s", r.why, r.name, after, before)
				}
			}
		}
	})
}

// The old demo page asks for a group's history with a user where the group belongs, an id for a time and a time for a
// limit. That is 404, and where a group is named nonsense for ts and limit counts as absent.
func TestSDK_ShiftedHistoryArgumentsAreNoFailure(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom := login(t, s, sdk, "tom")
		group := found(t, s, typeGroup)
		const now = 1479000000001
		if text := tom.refused("getGroupChat", "tom", group.ID, now); errorCode(text) != 5004 {
			t.Errorf("getGroupChat of a user gave the application %q, want error 5004", text)
		}
		s.Client().Expect(http.MethodGet, "/groups/tom/chats?ts="+group.ID+"&limit="+strconv.Itoa(now), http.StatusNotFound)
		var records []any
		if tom.sdk(&records, "getGroupChat", group.ID, "tom", now); records == nil || len(records) != 0 {
			t.Errorf("getGroupChat with nonsense for ts and limit answered %v, want an empty list", records)
		}
	})
}

// scene is what the refused calls are about: ids of groups and rooms.
type scene struct{ group, full, gone, room, fullRoom, goneRoom string }

// unknownID is an id that neither a group nor a room has.
var unknownID = strings.Repeat("0", 32)

// look reads everything that a refused call could have changed, one answer per line.
func (w scene) look(s *servertest.Node) string {
	var b strings.Builder
	for _, path := range []string{
		"/groups/" + w.group, "/groups/" + w.full, "/groups/" + w.gone, "/groups/" + w.group + "/chats",
		"/rooms/" + w.room, "/rooms/" + w.fullRoom, "/rooms/" + w.goneRoom, "/groups/" + unknownID, "/rooms/" + unknownID,
		"/ctx/tom", "/ctx/jerry", "/ctx/user-1", "/ctx/newcomer", "/ctx/nobody",
	} {
		a := s.Client().Do(http.MethodGet, path, "")
		fmt.Fprintln(&b, path, a.Status, a.Body)
	}
	return b.String()
}

func (w scene) tooMany() []refusal {
	newcomer := fields{"members": []string{"newcomer"}}
	return []refusal{
		{"the 51st member", "addGroupMembers", []any{w.full, newcomer}, 5008},
		{"the 51st member among present ones", "addGroupMembers", []any{w.full, fields{"members": []string{"user-1", "newcomer"}}}, 5008},
		{"the 51st member as owner", "updateGroup", []any{w.full, fields{"owner": "newcomer"}}, 5008},
		{"51 members at once", "addGroupMembers", []any{w.group, fields{"members": crowd(1, groupLimit)}}, 5008},
		{"51 members in place of two", "updateGroup", []any{w.group, fields{"members": crowd(0, groupLimit)}}, 5008},
		{"a group of 51", "addGroup", []any{fields{"owner": "tom", "members": crowd(0, groupLimit)}}, 5008},
		{"the 1,001st member", "addRoomMembers", []any{w.fullRoom, newcomer}, 5008},
		{"1,001 members in place of one", "updateRoom", []any{w.room, fields{"members": crowd(0, roomLimit+1)}}, 5008},
		{"a room of 1,001", "addRoom", []any{fields{"members": crowd(0, roomLimit+1)}}, 5008},
	}
}

func (w scene) illegal() []refusal {
	bad := fields{"members": []string{"newcomer", "not an id"}}
	return []refusal{
		{"the owner is removed", "rmGroupMembers", []any{w.group, fields{"members": []string{"tom"}}}, 5001},
		{"the owner is removed among others", "rmGroupMembers", []any{w.group, fields{"members": []string{"jerry", "tom"}}}, 5001},
		{"a group without an owner", "addGroup", []any{fields{"name": "cats", "members": []string{"tom"}}}, 5001},
		{"an illegal member", "addGroupMembers", []any{w.group, bad}, 5001},
		{"an illegal member", "addRoomMembers", []any{w.room, bad}, 5001},
		{"an illegal member", "addGroup", []any{fields{"owner": "tom", "members": []string{"not an id"}}}, 5001},
	}
}

func (w scene) unknown() (rows []refusal) {
	for _, id := range []string{unknownID, "tom"} {
		rows = append(rows, withoutObject("unknown id "+id, groupCalls, id)...)
		rows = append(rows, withoutObject("unknown id "+id, roomCalls, id)...)
	}
	rows = append(rows, withoutObject("a room is no group", groupCalls, w.room)...)
	rows = append(rows, withoutObject("a group is no room", roomCalls, w.group)...)
	for _, name := range []string{"userInfo", "listFriends", "listGroups", "listRooms"} {
		rows = append(rows, refusal{"unknown user", name, []any{"nobody"}, 5004})
	}
	return append(rows,
		refusal{"unknown group", "getGroupChat", []any{unknownID, 0, 50}, 5004},
		refusal{"a room has no history", "getGroupChat", []any{w.room, 0, 50}, 5004},
		refusal{"no friends", "getFriendshipInfo", []any{"tom", "user-1"}, 5004})
}

func (w scene) deleted() []refusal {
	rows := append(withoutObject("deleted", groupCalls, w.gone), withoutObject("deleted", roomCalls, w.goneRoom)...)
	return append(rows, refusal{"deleted", "getGroupChat", []any{w.gone, 0, 50}, 5004})
}

func (w scene) shifted() []refusal {
	return []refusal{{"shifted arguments", "getGroupChat", []any{"tom", w.group, 1479000000001}, 5004}}
}

// withoutObject are the calls that cannot be about id, a deletion among them.
func withoutObject(why string, c calls, id string) []refusal {
	members := fields{"members": []string{"newcomer"}}
	return []refusal{
		{why, c.get, []any{id}, 5004},
		{why, c.update, []any{id, fields{"name": "none"}}, 5004},
		{why, c.addMembers, []any{id, members}, 5004},
		{why, c.rmMembers, []any{id, members}, 5004},
		{why, c.rm, []any{id}, 5004},
	}
}

// crowd names users from first to before end.
func crowd(first, end int) (users []string) {
	for i := first; i < end; i++ {
		users = append(users, fmt.Sprintf("user-%d", i))
	}
	return users
}
