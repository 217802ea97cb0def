package system

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// What the app itself says reaches everybody, one user or passenger, the members of a group or of a room, as `sys`, and is
// in no history. Whom nobody knows gets nothing.
func TestSystem_ReachesItsReceivers(t *testing.T) {
	n := servertest.Start(t)
	tom, jerry := visit(t, n, as("tom")), visit(t, n, as("jerry"))
	p := visit(t, n, client.Options{Passenger: `{"id":"p1"}`})
	group, room := made(t, n, "/groups", `{"owner":"tom"}`), made(t, n, "/rooms", `{"members":["jerry"]}`)
	for _, s := range []struct {
		path string
		want int
	}{
		{"", http.StatusAccepted},
		{"/tom", http.StatusAccepted},
		{"/p1", http.StatusAccepted},
		{"/" + group + "?group", http.StatusAccepted},
		{"/" + room + "?room", http.StatusAccepted},
		{"/nobody", http.StatusNotFound},
		{"/nobody?group", http.StatusNotFound},
		{"/nobody?room", http.StatusNotFound},
	} {
		body := `{"content":{"media":0,"body":"news of ` + s.path + `"},"remark":"r","push":{"enable":false}}`
		if a := n.Client().Do(http.MethodPost, "/system"+s.path, body); a.Status != s.want {
			t.Errorf("POST /system%s: %d %s, want %d", s.path, a.Status, a.Body, s.want)
		}
	}
	sys := func(path, to string) string {
		return `sys {"content":{"body":"news of ` + path + `","media":0},"remark":"r"` + to + `}`
	}
	tom.hears("tom", sys("", ""), sys("/tom", `,"to":{"id":"tom","type":0}`), sys("/"+group+"?group", `,"to":{"id":"`+group+`","type":1}`))
	jerry.hears("jerry", sys("", ""), sys("/"+room+"?room", `,"to":{"id":"`+room+`","type":2}`))
	p.hears("the passenger", sys("", ""), sys("/p1", `,"to":{"id":"p1","type":3}`))
	answered(t, n, "/groups/"+group+"/chats", `[]`)
}

// made creates a group or a room and returns its id.
func made(t *testing.T, n *servertest.Node, path, body string) (id string) {
	t.Helper()
	a := n.Client().Do(http.MethodPost, path, body)
	if err := json.Unmarshal([]byte(a.Body), &id); err != nil {
		t.Fatalf("POST %s: %d %s", path, a.Status, a.Body)
	}
	return id
}

// Of a user who asks for it all others hear, users and passengers: friends by the plain event, those who are none by
// another, its own sessions by neither; once when it comes and once when it has been gone for a while. Of one who does not
// ask, friends alone hear.
func TestNotifyAll_TellsWhoIsNoFriend(t *testing.T) {
	n := servertest.Start(t)
	for _, u := range []string{"tom", "quiet"} {
		if err := rest(n).Befriend(t.Context(), u, "jerry"); err != nil {
			t.Fatal(err)
		}
	}
	jerry, eve := visit(t, n, as("jerry")), visit(t, n, as("eve"))
	p := visit(t, n, client.Options{Passenger: `{"id":"tom"}`})
	quiet := visit(t, n, as("quiet"))
	jerry.hears("jerry", `online "quiet"`)
	loud := client.Options{User: "tom", NotifyAll: true}
	tom := visit(t, n, loud)
	eve.hears("eve", `online_x "tom"`)
	twin := visit(t, n, loud)
	jerry.hears("jerry", `online "quiet"`, `online "tom"`)
	quiet.hears("a user who is no friend", `online_x "tom"`) // before it is cut, and nothing since: see the end
	quiet.Cut()
	jerry.hears("jerry", `online "quiet"`, `online "tom"`, `offline "quiet"`)
	tom.Cut()
	began := time.Now()
	twin.Cut()
	eve.hears("eve", `online_x "tom"`, `offline_x "tom"`)
	if took := time.Since(began); took < time.Second {
		t.Errorf("tom was gone after %v, sooner than a reconnect takes", took)
	}
	jerry.hears("jerry", `online "quiet"`, `online "tom"`, `offline "quiet"`, `offline "tom"`)
	p.hears("the passenger", `online_x "tom"`, `offline_x "tom"`)
	quiet.hears("a user who is no friend", `online_x "tom"`)
	twin.hears("tom's own session")
}

// A cleared history is empty for everybody, also after a crash; what is said then has the next number.
func TestGroup_ClearedHistoryStaysHidden(t *testing.T) {
	n := servertest.Start(t)
	tom := visit(t, n, as("tom"))
	group := made(t, n, "/groups", `{"owner":"tom"}`)
	sayAndWait(t, tom.Conn, client.TextTo(to(group, client.Group), "old"))
	n.Client().Expect(http.MethodDelete, "/groups/"+group+"/chats", http.StatusNoContent)
	answered(t, n, "/groups/"+group+"/chats", `[]`)
	n.Kill()
	n.Restart()
	answered(t, n, "/groups/"+group+"/chats", `[]`)
	sayAndWait(t, visit(t, n, as("tom")).Conn, client.TextTo(to(group, client.Group), "new"))
	answered(t, n, "/groups/"+group+"/chats", `[{"speaker":"tom","content":{"media":0,"body":"new"},"ts":0,"n":2}]`)
	n.Client().Expect(http.MethodDelete, "/groups/nothing/chats", http.StatusNotFound)
}
