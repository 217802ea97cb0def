package system

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

func to(id string, kind int) client.To { return client.To{ID: id, Type: kind} }

// answered checks what a GET is answered with, stamps aside.
func answered(t *testing.T, n *servertest.Node, path, want string) {
	t.Helper()
	got := n.Client().Expect(http.MethodGet, path, http.StatusOK)
	if got = stamp.ReplaceAllString(got, `"ts":0`); got != want {
		t.Errorf("%s\n got %s\nwant %s", path, got, want)
	}
}

var stamp = regexp.MustCompile(`"ts":\d+`)

// Two users who are no friends talk: what is said is delivered as a stranger's, mirrored, acknowledged, stored once, and
// makes each the other's stranger when it is acknowledged. All of that outlives a crash. To friends, and as friends, nothing
// changes.
func TestStrangers_TalkAndKnowEachOther(t *testing.T) {
	n := servertest.Start(t)
	tom, twin := visit(t, n, as("tom")), visit(t, n, as("tom"))
	hi := client.TextTo(to("eve", client.Stranger), "hi")
	hi.ID = "m1"
	tom.refused(hi, 5004)
	tom.refused(client.TextTo(to("tom", client.Stranger), "me"), 5003)

	eve := visit(t, n, as("eve"))
	first := sayAndWait(t, tom.Conn, hi)
	answered(t, n, "/ctx/tom/strangers", `["eve"]`)
	answered(t, n, "/ctx/eve/strangers", `["tom"]`)
	if again := sayAndWait(t, tom.Conn, hi); first.N != 1 || !again.Duplicate || again.N != 1 || again.TS != first.TS {
		t.Errorf("answered %+v, then %+v", first, again)
	}
	sayAndWait(t, eve.Conn, client.TextTo(to("tom", client.Stranger), "you?"))
	tom.refused(client.Text("eve", "as a friend"), 5003)
	const said = `{"content":{"body":"hi","media":0},"from":{"id":"tom","type":4},"id":"m1","n":1,"to":{"id":"eve","type":4}}`
	eve.hears("eve", "message "+said)
	const answer = `message {"content":{"body":"you?","media":0},"from":{"id":"eve","type":4},"n":2,"to":{"id":"tom","type":4}}`
	tom.hears("tom", answer)
	twin.hears("twin", `yourself {"content":{"body":"hi","media":0},"id":"m1","n":1,"to":{"id":"eve","type":4}}`, answer)

	n.Kill()
	n.Restart()
	const records = `[{"speaker":"tom","content":{"media":0,"body":"hi"},"ts":0,"n":1,"id":"m1"},{"speaker":"eve","content":{"media":0,"body":"you?"},"ts":0,"n":2}]`
	answered(t, n, "/ctx/tom/strangers/eve/chats", records)
	answered(t, n, "/ctx/eve/strangers/tom/chats", records)
	answered(t, n, "/ctx/tom/strangers", `["eve"]`)
	answered(t, n, "/ctx/tom/friends", `[]`)
	answered(t, n, "/ctx/tom/friends/eve/chats", `[]`)
	if third := sayAndWait(t, visit(t, n, as("tom")).Conn, client.TextTo(to("eve", client.Stranger), "?")); third.N != 3 {
		t.Errorf("answered %+v, want number 3", third)
	}
}

// A passenger without an id gets one, and what it brings as attributes; it talks to a user and back, and both read it. A
// user of its id is somebody else.
func TestPassenger_TalksToAUserAndBack(t *testing.T) {
	n := servertest.Start(t)
	visit(t, n, as("tom")).Cut()
	p := visit(t, n, client.Options{Passenger: `{"name":"汤","level":3,"gone":null}`})
	id := p.ID()
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) {
		t.Fatalf("the passenger's id is %q", id)
	}
	tom, twin, same := visit(t, n, as("tom")), visit(t, n, as("tom")), visit(t, n, as(id))
	p.refused(client.Text("nobody", "hi"), 5004)
	p.refused(client.TextTo(to("tom", client.Group), "hi"), 5001)
	tom.refused(client.TextTo(to("nobody", client.Passenger), "hi"), 5004)
	sayAndWait(t, p.Conn, client.Text("tom", "hi"))
	sayAndWait(t, tom.Conn, client.TextTo(to(id, client.Passenger), "yes?"))
	const content = `{"content":{"body":`
	fromPassenger := `message ` + content + `"hi","media":0},"from":{"id":"` + id + `","type":3},"n":1,"to":{"id":"tom","type":0}}`
	tom.hears("tom", fromPassenger)
	twin.hears("twin", fromPassenger, `yourself `+content+`"yes?","media":0},"n":2,"to":{"id":"`+id+`","type":3}}`)
	p.hears("the passenger", `message `+content+`"yes?","media":0},"from":{"id":"tom","type":0},"n":2,"to":{"id":"`+id+`","type":3}}`)
	same.hears("the user of that id")

	sayAndWait(t, visit(t, n, client.Options{Passenger: `{"id":"` + id + `","level":4}`}).Conn, client.Text("tom", "again"))
	answered(t, n, "/passengers/"+id, `{"level":4,"name":"汤"}`)
	var records []client.Record
	if err := json.Unmarshal([]byte(n.Client().Expect(http.MethodGet, "/passengers/"+id+"/chats/tom", http.StatusOK)), &records); err != nil {
		t.Fatal(err)
	}
	if len(records) != 3 || records[0].Speaker != id || records[1].Speaker != "tom" || records[2].Text() != "again" {
		t.Errorf("history: %+v", records)
	}
	n.Client().Expect(http.MethodGet, "/passengers/tom", http.StatusNotFound)
}
