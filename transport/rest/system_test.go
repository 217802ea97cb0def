package rest_test

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/im"
)

const notice = `{"content":{"media":1,"body":{"x": 1}},"ts":7,"remark":"look","push":{"enable":false}}`

// Section 6.6: status and body are those of a message that is passed on.
func TestSystem(t *testing.T) {
	t.Parallel()
	check(t, attributed, []request{
		{name: "to all", method: "POST", target: "/system", body: notice, status: 202},
		{name: "to all with a slash", method: "POST", target: "/system/", body: notice, status: 202},
		{name: "to a user", method: "POST", target: "/system/tom", body: `{"content":{"body":"hi"}}`, status: 202},
		{name: "to a passenger", method: "POST", target: "/system/p1", body: notice, status: 202},
		{name: "to a group", method: "POST", target: "/system/g1?group", body: notice, status: 202},
		{name: "to a room", method: "POST", target: "/system/r1/?room=", body: notice, status: 202},

		{name: "to nobody", method: "POST", target: "/system/nobody", body: notice, status: 404, want: notFound},
		{name: "to a group as a user", method: "POST", target: "/system/g1", body: notice, status: 404, want: notFound},
		{name: "to no group", method: "POST", target: "/system/r1?group", body: notice, status: 404, want: notFound},
		{name: "to an illegal group", method: "POST", target: "/system/a.b?group", body: notice, status: 404, want: notFound},
		{name: "to an illegal user", method: "POST", target: "/system/a.b", body: notice, status: 400, want: illegal},
		{name: "to both", method: "POST", target: "/system/g1?group&room", body: notice, status: 400, want: `{"errorCode":5005,`},

		{name: "nothing", method: "POST", target: "/system", body: ``, status: 400, want: illegal},
		{name: "no content", method: "POST", target: "/system/tom", body: `{"remark":"x"}`, status: 400, want: illegal},
		{name: "no body", method: "POST", target: "/system/tom", body: `{"content":{"media":0}}`, status: 400, want: illegal},
		{name: "null body", method: "POST", target: "/system/tom", body: `{"content":{"body":null}}`, status: 400, want: illegal},
		{name: "content is a string", method: "POST", target: "/system/tom", body: `{"content":"hi"}`, status: 400, want: illegal},
		{name: "media is a string", method: "POST", target: "/system/tom", body: `{"content":{"media":"0","body":1}}`, status: 400, want: illegal},
		{name: "remark is a number", method: "POST", target: "/system/tom", body: `{"content":{"body":1},"remark":1}`, status: 400, want: illegal},
		{name: "no object", method: "POST", target: "/system", body: `"hi"`, status: 400, want: illegal},
		{name: "get", method: "GET", target: "/system", status: 405, want: noWay},
	})
}

// A system message goes, whole, to whom the path and its flags say; of user and passenger to the user.
func TestSystem_ReachesWhoIsMeant(t *testing.T) {
	t.Parallel()
	w := attributed(t)
	w.attributes[im.Passenger(testApp, "tom")] = nil // a passenger of a user's id
	h := newHandler(w)
	for _, target := range []string{"/system", "/system/tom", "/system/p1", "/system/g1?group", "/system/r1?room"} {
		ask(h, "POST", target, notice, nil)
	}
	want := []im.Address{{}, im.User(testApp, "tom"), im.Passenger(testApp, "p1"), im.Group(testApp, "g1"), im.Room(testApp, "r1")}
	if len(w.sent) != len(want) {
		t.Fatalf("%d messages, want %d", len(w.sent), len(want))
	}
	for i, s := range w.sent {
		got := fmt.Sprintf("%d %s %s %s", s.message.Media, s.message.Body, s.message.Remark, s.message.Push)
		if s.to != want[i] || got != `1 {"x": 1} look {"enable":false}` {
			t.Errorf("message %d went to %v: %s", i, s.to, got)
		}
	}
	if got := ask(h, "POST", "/system", `{"content":{"body":1},"push":"none","remark":null}`, nil); got.Code != 202 || w.sent[5].message.Push != nil {
		t.Errorf("odd push settings: %d, %s", got.Code, w.sent[5].message.Push)
	}
}

// Clearing a history is a group's alone (section 6.3).
func TestClearChats(t *testing.T) {
	t.Parallel()
	check(t, gathered, []request{
		{name: "clear", method: "DELETE", target: "/groups/g1/chats/", body: "{}", status: 204},
		{name: "unknown", method: "DELETE", target: "/groups/g9/chats", status: 404, want: notFound},
		{name: "illegal", method: "DELETE", target: "/groups/a.b/chats", status: 404, want: notFound},
		{name: "room", method: "DELETE", target: "/rooms/r1/chats", status: 404, want: notFound},
		{name: "friends", method: "DELETE", target: "/ctx/tom/friends/jerry/chats", status: 405, want: noWay},
	})
	w := gathered(t)
	ask(newHandler(w), "DELETE", "/groups/g1/chats", "", nil)
	if w.cleared != im.Group(testApp, "g1") {
		t.Errorf("cleared %v", w.cleared)
	}
}
