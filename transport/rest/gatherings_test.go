package rest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// named are the attributes of what has a name, and another attribute.
var named = []dispatch.Attribute{{Name: "level", Value: []byte(`{"n": 3}`)}, {Name: "name", Value: []byte(`"cats"`)}}

// gathered is a world with two groups of tom's, one of them with a name and messages, and two rooms, one of them empty.
func gathered(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	w.users["tom"], w.users["jerry"], w.users["loner"] = true, true, true
	w.installs["phone"], w.installs["tablet"] = "tom", "tom"
	g1 := im.Group(testApp, "g1")
	w.gatherings = map[im.Address]*dispatch.Gathering{
		g1:                         {Owner: "tom", Members: []im.UserID{"tom", "jerry"}, Attributes: named, Created: 3000},
		im.Group(testApp, "g2"):    {Owner: "anna", Members: []im.UserID{"anna", "tom"}, Created: 3001},
		im.Room(testApp, "r1"):     {Members: []im.UserID{"jerry", "tom"}, Attributes: named, Created: 3002},
		im.Room(testApp, "nobody"): {Members: []im.UserID{}, Created: 3003},
	}
	w.sayAt(t, g1, 1, 2000, "tom", text(`"hi"`))
	w.sayAt(t, g1, 2, 2001, "jerry", text(`["a"]`))
	return w
}

const (
	group1 = `{"id":"g1","owner":"tom","members":["tom","jerry"],"ts":3000,"attributes":{"level":{"n":3},"name":"cats"},"name":"cats"`
	group2 = `{"id":"g2","owner":"anna","members":["anna","tom"],"ts":3001,"attributes":{}}`
	room1  = `{"id":"r1","members":["jerry","tom"],"ts":3002,"attributes":{"level":{"n":3},"name":"cats"},"name":"cats"}`
	said1  = `{"speaker":"tom","content":{"media":0,"body":"hi"},"ts":2000,"n":1}`
	said2  = `{"speaker":"jerry","content":{"media":0,"body":["a"]},"ts":2001,"n":2}`
	full   = `{"errorCode":5008,`
	long   = `{"errorCode":5010,`
	noWay  = `{"errorCode":5009,`
)

// What a user is a member of, and its installations: protocol sections 4 and 6.2.
func TestMemberships(t *testing.T) {
	t.Parallel()
	check(t, gathered, []request{
		{
			name: "user", method: "GET", target: "/ctx/tom", status: 200,
			want: `{"id":"tom","sessions":0,"installs":["phone","tablet"],"friends":[],"groups":["g1","g2"],"rooms":["r1"],"attributes":{},"ts":5000}`,
		},
		{
			name: "user by post", method: "POST", target: "/ctx/loner", status: 200,
			want: `{"id":"loner","sessions":0,"installs":[],"friends":[],"groups":[],"rooms":[],"attributes":{},"ts":5000}`,
		},
		{name: "groups", method: "GET", target: "/ctx/tom/groups", status: 200, want: `["g1","g2"]`},
		{name: "rooms", method: "GET", target: "/ctx/tom/rooms/", status: 200, want: `["r1"]`},
		{name: "no groups", method: "GET", target: "/ctx/loner/groups", status: 200, want: `[]`},
		{name: "no rooms", method: "GET", target: "/ctx/loner/rooms", status: 200, want: `[]`},
		{
			name: "groups in detail", method: "GET", target: "/ctx/tom/groups?detail", status: 200,
			want: "[" + group1 + `,"recent":` + said2 + "}," + group2 + "]",
		},
		{name: "rooms in detail", method: "GET", target: "/ctx/tom/rooms?detail=", status: 200, want: "[" + room1 + "]"},
		{name: "no groups in detail", method: "GET", target: "/ctx/loner/groups?detail", status: 200, want: `[]`},
		{name: "no rooms in detail", method: "GET", target: "/ctx/loner/rooms?detail", status: 200, want: `[]`},
		{name: "groups of nobody", method: "GET", target: "/ctx/nobody/groups", status: 404, want: notFound},
		{name: "rooms of nobody in detail", method: "GET", target: "/ctx/nobody/rooms?detail", status: 404, want: notFound},
		{name: "groups of an illegal id", method: "GET", target: "/ctx/a.b/groups", status: 400, want: illegal},
		{name: "rooms of an illegal id", method: "GET", target: "/ctx/a.b/rooms", status: 400, want: illegal},
		{name: "post to groups", method: "POST", target: "/ctx/tom/groups", status: 405, want: noWay},

		{name: "logout", method: "DELETE", target: "/ctx/tom/installs/phone", status: 204},
		{name: "logout with a body", method: "DELETE", target: "/ctx/tom/installs/phone/", body: "{}", status: 204},
		{name: "logout of another's", method: "DELETE", target: "/ctx/jerry/installs/phone", status: 204},
		{name: "logout of nobody", method: "DELETE", target: "/ctx/nobody/installs/nothing", status: 204},
		{name: "logout of an illegal user", method: "DELETE", target: "/ctx/a.b/installs/phone", status: 400, want: illegal},
		{name: "logout of an illegal install", method: "DELETE", target: "/ctx/tom/installs/a.b", status: 400, want: illegal},
		{name: "get an install", method: "GET", target: "/ctx/tom/installs/phone", status: 405, want: noWay},
	})
}

// Groups and rooms: protocol sections 6.3 and 6.5.
func TestGatherings(t *testing.T) {
	t.Parallel()
	check(t, gathered, []request{
		{name: "create group", method: "POST", target: "/groups", body: `{"owner":"tom","name":"dogs","members":["jerry"]}`, status: 200, want: `"group-5"`},
		{name: "create bare group", method: "POST", target: "/groups/", body: `{"owner":"tom"}`, status: 200, want: `"group-5"`},
		{name: "create room", method: "POST", target: "/rooms", body: `{"name":"dogs","members":["jerry"]}`, status: 200, want: `"room-5"`},
		{name: "create bare room", method: "POST", target: "/rooms", status: 200, want: `"room-5"`},
		{name: "create group without owner", method: "POST", target: "/groups", body: `{"members":["jerry"]}`, status: 400, want: illegal},
		{name: "create group without body", method: "POST", target: "/groups", status: 400, want: illegal},
		{name: "create full group", method: "POST", target: "/groups", body: `{"owner":"tom","members":["a","b","c","d"]}`, status: 400, want: full},
		{name: "create full room", method: "POST", target: "/rooms", body: `{"members":["a","b","c","d","e"]}`, status: 400, want: full},
		{name: "room with owner", method: "POST", target: "/rooms", body: `{"owner":"tom"}`, status: 200, want: `"room-5"`},

		{name: "group", method: "GET", target: "/groups/g1", status: 200, want: group1 + "}"},
		{name: "group by post", method: "POST", target: "/groups/g1", status: 200, want: group1 + "}"},
		{name: "group by post with a body", method: "POST", target: "/groups/g2/", body: "{}", status: 200, want: group2},
		{name: "room", method: "GET", target: "/rooms/r1", status: 200, want: room1},
		{name: "room by post", method: "POST", target: "/rooms/r1", status: 200, want: room1},
		{name: "empty room", method: "GET", target: "/rooms/nobody", status: 200, want: `{"id":"nobody","members":[],"ts":3003,"attributes":{}}`},
		{name: "unknown group", method: "GET", target: "/groups/g9", status: 404, want: notFound},
		{name: "unknown group by post", method: "POST", target: "/groups/g9", status: 404, want: notFound},
		{name: "unknown room", method: "GET", target: "/rooms/r9", status: 404, want: notFound},
		{name: "unknown room by post", method: "POST", target: "/rooms/r9", status: 404, want: notFound},
		{name: "room as group", method: "GET", target: "/groups/r1", status: 404, want: notFound},
		{name: "group as room", method: "GET", target: "/rooms/g1", status: 404, want: notFound},
		{name: "malformed group", method: "GET", target: "/groups/a.b", status: 404, want: notFound},
		{name: "malformed room", method: "PUT", target: "/rooms/a%2Fb", body: "{}", status: 404, want: notFound},
		{name: "long group", method: "DELETE", target: "/groups/" + strings.Repeat("x", 129), status: 404, want: notFound},

		{name: "change group", method: "PUT", target: "/groups/g1", body: `{"name":"dogs"}`, status: 201},
		{name: "change room", method: "PUT", target: "/rooms/r1", body: `{"members":["tom"]}`, status: 201},
		{name: "change nothing", method: "PUT", target: "/groups/g1", status: 201},
		{name: "fill group", method: "PUT", target: "/groups/g1", body: `{"members":["a","b","c","d"]}`, status: 400, want: full},
		{name: "change unknown group", method: "PUT", target: "/groups/g9", body: `{"name":"dogs"}`, status: 404, want: notFound},
		{name: "change unknown room", method: "PUT", target: "/rooms/r9", body: `{"name":"dogs"}`, status: 404, want: notFound},

		{name: "delete group", method: "DELETE", target: "/groups/g1", status: 204},
		{name: "delete room", method: "DELETE", target: "/rooms/r1", body: "{}", status: 204},
		{name: "delete unknown group", method: "DELETE", target: "/groups/g9", status: 404, want: notFound},
		{name: "delete unknown room", method: "DELETE", target: "/rooms/r9", status: 404, want: notFound},

		{name: "history", method: "GET", target: "/groups/g1/chats", status: 200, want: "[" + said1 + "," + said2 + "]"},
		{name: "history, a page", method: "GET", target: "/groups/g1/chats/?limit=1", status: 200, want: "[" + said2 + "]"},
		{name: "no history", method: "GET", target: "/groups/g2/chats", status: 200, want: "[]"},
		{name: "history of an unknown group", method: "GET", target: "/groups/g9/chats", status: 404, want: notFound},
		{name: "history of a malformed group", method: "GET", target: "/groups/a.b/chats", status: 404, want: notFound},
		{name: "history of a room", method: "GET", target: "/rooms/r1/chats", status: 404, want: notFound},
		{name: "history as the seed demo asks", method: "GET", target: "/groups/tom/chats?ts=g1&limit=1479000000000", status: 404, want: notFound},
	})
}

// Members: protocol sections 6.1 and 6.3.
func TestMembers(t *testing.T) {
	t.Parallel()
	check(t, gathered, []request{
		{name: "add to group", method: "POST", target: "/groups/g1/members", body: `{"members":["anna","jerry"]}`, status: 201},
		{name: "add to room", method: "POST", target: "/rooms/r1/members", body: `{"members":["anna","jerry"]}`, status: 201},
		{name: "add nobody", method: "POST", target: "/rooms/r1/members/", status: 201},
		{name: "add too many", method: "POST", target: "/groups/g1/members", body: `{"members":["a","b","c"]}`, status: 400, want: full},
		{name: "add to unknown group", method: "POST", target: "/groups/g9/members", body: `{"members":["anna"]}`, status: 404, want: notFound},
		{name: "add nobody to unknown room", method: "POST", target: "/rooms/r9/members", status: 404, want: notFound},
		{name: "add to malformed group", method: "POST", target: "/groups/a.b/members", body: `{"members":["anna"]}`, status: 404, want: notFound},
		{name: "change members", method: "PUT", target: "/groups/g1/members", status: 405, want: noWay},

		{name: "remove from group", method: "DELETE", target: "/groups/g1/members", body: `{"members":["anna","jerry"]}`, status: 204},
		{name: "remove from room", method: "DELETE", target: "/rooms/r1/members", body: `{"members":["jerry"]}`, status: 204},
		{name: "remove nobody", method: "DELETE", target: "/groups/g1/members", status: 204},
		{name: "remove the owner", method: "DELETE", target: "/groups/g1/members", body: `{"members":["jerry","tom"]}`, status: 400, want: illegal},
		{name: "remove from unknown group", method: "DELETE", target: "/groups/g9/members", body: `{"members":["jerry"]}`, status: 404, want: notFound},
		{name: "remove from unknown room", method: "DELETE", target: "/rooms/r9/members", body: `{"members":["jerry"]}`, status: 404, want: notFound},

		{name: "join group", method: "POST", target: "/groups/g1/members/anna", status: 201, want: "{}"},
		{name: "join room", method: "POST", target: "/rooms/r1/members/anna/", body: "{}", status: 201, want: "{}"},
		{name: "join again", method: "POST", target: "/groups/g1/members/jerry", status: 201, want: "{}"},
		{name: "join unknown group", method: "POST", target: "/groups/g9/members/anna", status: 404, want: notFound},
		{name: "join unknown room", method: "POST", target: "/rooms/r9/members/anna", status: 404, want: notFound},
		{name: "join malformed room", method: "POST", target: "/rooms/a.b/members/anna", status: 404, want: notFound},
		{name: "malformed user joins", method: "POST", target: "/groups/g1/members/a.b", status: 400, want: illegal},
		{name: "leave group", method: "DELETE", target: "/groups/g1/members/jerry", status: 204},
		{name: "leave room", method: "DELETE", target: "/rooms/r1/members/tom", status: 204},
		{name: "leave without being in", method: "DELETE", target: "/rooms/r1/members/anna", status: 204},
		{name: "owner leaves", method: "DELETE", target: "/groups/g1/members/tom", status: 400, want: illegal},
		{name: "leave unknown group", method: "DELETE", target: "/groups/g9/members/jerry", status: 404, want: notFound},
		{name: "malformed user leaves", method: "DELETE", target: "/rooms/r1/members/a.b", status: 400, want: illegal},
		{name: "get a member", method: "GET", target: "/rooms/r1/members/tom", status: 405, want: noWay},
	})
}

func TestFullRoom_JoinIsRefused(t *testing.T) {
	t.Parallel()
	h := newHandler(gathered(t))
	for _, u := range []string{"a", "b"} {
		ask(h, "POST", "/rooms/r1/members/"+u, "", nil)
	}
	if got := ask(h, "POST", "/rooms/r1/members/c", "", nil); got.Code != 400 || !matches(got.Body.String(), full) {
		t.Errorf("%d %s, want %s", got.Code, got.Body, full)
	}
}

// What was changed is what is read afterwards. Each step is a request, its status, and the object then.
func TestGatherings_AreAsTheyWereChanged(t *testing.T) {
	t.Parallel()
	const fresh = `{"id":"group-5","owner":"tom","members":["tom","jerry"],"ts":4000,"attributes":{"name":"a\"<é>"},"name":"a\"<é>"}`
	for _, steps := range [][]request{
		{
			{method: "POST", target: "/groups", body: `{"owner":"tom","name":"a\"<\u00e9>","members":["jerry"],"color":3}`, status: 200},
			{method: "GET", target: "/groups/group-5", status: 200, want: fresh},
			{method: "PUT", target: "/groups/group-5", body: `{"owner":"anna","members":[]}`, status: 201},
			{method: "GET", target: "/groups/group-5", status: 200, want: `{"id":"group-5","owner":"anna","members":["anna"],"ts":4000,"attributes":{"name":"a\"<é>"},"name":"a\"<é>"}`},
			{method: "PUT", target: "/groups/group-5", body: `{"name":"","owner":null,"members":null}`, status: 201},
			{method: "GET", target: "/groups/group-5", status: 200, want: `{"id":"group-5","owner":"anna","members":["anna"],"ts":4000,"attributes":{"name":""},"name":""}`},
			{method: "DELETE", target: "/groups/group-5", status: 204},
			{method: "DELETE", target: "/groups/group-5", status: 404, want: notFound},
			{method: "GET", target: "/groups/group-5/chats", status: 404, want: notFound},
		},
		{
			{method: "POST", target: "/rooms", body: `{"name":null}`, status: 200},
			{method: "GET", target: "/rooms/room-5", status: 200, want: `{"id":"room-5","members":[],"ts":4000,"attributes":{}}`},
			{method: "PUT", target: "/rooms/room-5", body: `{"name":"x","owner":7,"members":["tom"]}`, status: 201},
			{method: "POST", target: "/rooms/room-5", status: 200, want: `{"id":"room-5","members":["tom"],"ts":4000,"attributes":{"name":"x"},"name":"x"}`},
			{method: "DELETE", target: "/rooms/room-5/members", body: `{"members":["tom"]}`, status: 204},
			{method: "GET", target: "/ctx/tom/rooms", status: 200, want: `["r1"]`},
		},
		{
			{method: "DELETE", target: "/ctx/jerry/installs/phone", status: 204},
			{method: "DELETE", target: "/ctx/tom/installs/tablet", status: 204},
			{method: "GET", target: "/ctx/tom", status: 200, want: `{"id":"tom","sessions":0,"installs":["phone"],`},
		},
	} {
		h := newHandler(gathered(t))
		for _, step := range steps {
			got := ask(h, step.method, step.target, step.body, nil)
			if body := got.Body.String(); got.Code != step.status || step.want != "" && !matches(body, step.want) {
				t.Errorf("%s %s: %d %s\nwant %d %s", step.method, step.target, got.Code, body, step.status, step.want)
			}
		}
	}
}

// Whatever sets the attribute, the top-level name is its value.
func TestName_IsTheAttribute(t *testing.T) {
	t.Parallel()
	w := gathered(t)
	at := im.Room(testApp, "r1")
	for value, want := range map[string]string{
		`7`:   `{"id":"r1","members":["jerry","tom"],"ts":3002,"attributes":{"name":7},"name":7}`,
		`"x"`: `{"id":"r1","members":["jerry","tom"],"ts":3002,"attributes":{"name":"x"},"name":"x"}`,
		`[]`:  `{"id":"r1","members":["jerry","tom"],"ts":3002,"attributes":{"name":[]},"name":[]}`,
	} {
		w.gatherings[at].Attributes = []dispatch.Attribute{{Name: "name", Value: []byte(value)}}
		if got := ask(newHandler(w), "GET", "/rooms/r1", "", nil).Body.String(); got != want {
			t.Errorf("name %s: %s, want %s", value, got, want)
		}
	}
}

func TestDetail_LeavesOutWhatVanished(t *testing.T) {
	t.Parallel()
	w := gathered(t)
	w.vanished[im.Group(testApp, "g1")], w.vanished[im.Room(testApp, "r1")] = true, true
	for target, want := range map[string]string{"/ctx/tom/groups?detail": "[" + group2 + "]", "/ctx/tom/rooms?detail": "[]"} {
		if got := ask(newHandler(w), "GET", target, "", nil); got.Code != 200 || got.Body.String() != want {
			t.Errorf("%s: %d %s, want %s", target, got.Code, got.Body, want)
		}
	}
}

func TestDetail_OfGroupsBoundsItsReads(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users["tom"] = true
	for i := range 200 {
		at := im.Group(testApp, im.GroupID(fmt.Sprintf("g%03d", i)))
		w.gatherings[at] = &dispatch.Gathering{Owner: "tom", Members: []im.UserID{"tom"}}
		w.sayAt(t, at, 1, 1, "tom", text(fmt.Sprint(i)))
	}
	got := ask(newHandler(w), "GET", "/ctx/tom/groups?detail", "", nil).Body.String()
	if n := strings.Count(got, `"recent":{"speaker":"tom"`); n != 200 {
		t.Errorf("%d recent records, want 200", n)
	}
	const one = `{"id":"g123","owner":"tom","members":["tom"],"ts":0,"attributes":{},"recent":{"speaker":"tom","content":{"media":0,"body":123}`
	if !strings.Contains(got, one) {
		t.Error("recent records are at the wrong groups")
	}
	if w.most > 16 {
		t.Errorf("%d reads at once, want at most 16", w.most)
	}
}

// A failure of the server is none of the groups': the list is refused, not shortened.
func TestGatherings_KeepFailures(t *testing.T) {
	t.Parallel()
	for _, r := range []request{
		{method: "GET", target: "/ctx/tom/groups?detail"},
		{method: "GET", target: "/ctx/tom/rooms"},
		{method: "DELETE", target: "/ctx/tom/installs/phone"},
		{method: "POST", target: "/groups", body: `{"owner":"tom"}`},
		{method: "POST", target: "/rooms"},
		{method: "GET", target: "/groups/g1"},
		{method: "PUT", target: "/rooms/r1", body: `{"name":"x"}`},
		{method: "DELETE", target: "/groups/g1"},
		{method: "POST", target: "/groups/g1/members"},
		{method: "DELETE", target: "/rooms/r1/members"},
		{method: "POST", target: "/groups/g1/members/anna"},
		{method: "DELETE", target: "/rooms/r1/members/anna"},
	} {
		w := gathered(t)
		w.failing = im.E("x", im.Unavailable, "")
		if got := ask(newHandler(w), r.method, r.target, r.body, nil); got.Code != 503 || !matches(got.Body.String(), `{"errorCode":5013,`) {
			t.Errorf("%s %s: %d %s, want 503 5013", r.method, r.target, got.Code, got.Body)
		}
	}
	w := gathered(t)
	w.unreadable = im.E("x", im.Overloaded, "")
	for _, target := range []string{"/ctx/tom/groups?detail", "/ctx/tom/rooms?detail"} {
		if got := ask(newHandler(w), "GET", target, "", nil); got.Code != 503 || got.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: %d %s, want 503 5014", target, got.Code, got.Body)
		}
	}
}
