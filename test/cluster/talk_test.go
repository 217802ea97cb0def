package cluster

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// otherApp is an app beside servertest.App, for what reaches all of an app.
const otherApp = "0123456789abcdef01234567"

// Everything that one node does between its clients, three do between theirs: whoever is on another node hears it once and in
// order, and whichever node is asked knows it as soon as it was answered.
//
// Checked by breaking it: with a frame for another node dropped or doubled in cluster/attendance, what needs it fails.
func TestTalk_BetweenNodes(t *testing.T) {
	t.Parallel()
	allTalk(t, 3)
}

// allTalk is TestTalk_BetweenNodes on so many nodes.
func allTalk(t *testing.T, nodes int) {
	t.Helper()
	c := servertest.StartCluster(t, nodes,
		"--app", servertest.App+":"+servertest.ClientKey+":"+servertest.MasterKey, "--app", otherApp+":"+servertest.ClientKey+":"+servertest.MasterKey)
	c.AwaitBalance() // while actors move presence may not be heard
	for name, talk := range map[string]func(*testing.T, []*servertest.Node){
		"friends": friendsTalk, "a group": groupTalks, "a room": roomTalks, "strangers": strangersTalk, "a passenger": passengerTalks,
		"presence": presenceTravels, "presence of the loud": loudPresenceTravels, "the app to one": appSpeaksToOne,
		"the app to all": appSpeaksToAll, "search": searchFinds, "reads": readsAgree,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			talk(t, c.Nodes)
		})
	}
}

// many is how many messages are said in a row; they outnumber what one batch, pass or window takes.
const many = 100

func friendsTalk(t *testing.T, n []*servertest.Node) {
	befriend(t, n[0], "f-tom", "f-jerry")
	tom, twin, jerry, jerrys := visit(t, n[0], "f-tom"), visit(t, n[1], "f-tom"), visit(t, n[2], "f-jerry"), visit(t, n[1], "f-jerry")
	jerry.isThere, jerrys.isThere = "f-tom", "f-tom"
	tom.hears("online f-jerry")
	var heard, mirrored []string
	for i := range many {
		text := fmt.Sprint("hi ", i)
		if a := tom.says(friend("f-jerry"), text); a.N != uint64(i+1) {
			t.Fatalf("message %d was answered %+v", i, a)
		}
		heard = append(heard, "message from f-tom (0) to f-jerry: "+text)
		mirrored = append(mirrored, "yourself to f-jerry: "+text)
	}
	jerrys.hears(heard...)
	jerry.hears(heard...)
	twin.hears(append([]string{"online f-jerry"}, mirrored...)...)
	tom.hears("online f-jerry")
	for _, node := range n {
		records, err := rest(node).History(t.Context(), "f-jerry", "f-tom")
		if err != nil || len(records) != many || records[many-1].Text() != fmt.Sprint("hi ", many-1) {
			t.Errorf("%s has %d records, %v", node.Name, len(records), err)
		}
	}
}

func groupTalks(t *testing.T, n []*servertest.Node) {
	g := found(t, n[1], "/groups", map[string]any{"owner": "g-a", "members": []string{"g-b", "g-c"}})
	a, b, c, d := visit(t, n[0], "g-a"), visit(t, n[1], "g-b"), visit(t, n[2], "g-c"), visit(t, n[2], "g-d")
	var fromA, fromBoth []string
	for i := range many {
		text := fmt.Sprint("to all ", i)
		a.says(group(g), text)
		fromA = append(fromA, "message from g-a (1) to "+g+": "+text)
	}
	b.hears(fromA...)
	c.hears(fromA...)
	ask(t, n[0], http.MethodPost, "/groups/"+g+"/members", members("g-d"), http.StatusCreated)
	if answer := b.says(group(g), "welcome"); answer.N != many+1 {
		t.Errorf("answered %+v", answer)
	}
	welcome := "message from g-b (1) to " + g + ": welcome"
	fromBoth = append(slices.Clone(fromA), welcome)
	a.hears(welcome)
	d.hears(welcome)
	c.hears(fromBoth...)
	ask(t, n[1], http.MethodDelete, "/groups/"+g+"/members", members("g-c"), http.StatusNoContent)
	d.says(group(g), "gone")
	b.hears(append(slices.Clone(fromA), "message from g-d (1) to "+g+": gone")...)
	if answer := c.asks(client.TextTo(group(g), "me too")); answer.Error != 5003 {
		t.Errorf("who has left says something, and is answered %+v", answer)
	}
	c.hears(fromBoth...)
}

func roomTalks(t *testing.T, n []*servertest.Node) {
	r := found(t, n[0], "/rooms", members("r-a", "r-b"))
	a, b, c, twin := visit(t, n[0], "r-a"), visit(t, n[1], "r-b"), visit(t, n[2], "r-c"), visit(t, n[2], "r-a")
	ask(t, n[1], http.MethodPost, "/rooms/"+r+"/members", members("r-c"), http.StatusCreated)
	var heard, mirrored []string
	for i := range many {
		text := fmt.Sprint("who plays ", i)
		a.says(room(r), text)
		heard = append(heard, "message from r-a (2) to "+r+": "+text)
		mirrored = append(mirrored, "yourself to "+r+": "+text)
	}
	b.hears(heard...)
	c.hears(heard...)
	twin.hears(mirrored...)
	ask(t, n[0], http.MethodDelete, "/rooms/"+r+"/members", members("r-c"), http.StatusNoContent)
	b.says(room(r), "bye")
	bye := "message from r-b (2) to " + r + ": bye"
	a.hears(bye)
	twin.hears(append(mirrored, bye)...)
	c.hears(heard...)
}

func strangersTalk(t *testing.T, n []*servertest.Node) {
	tom, twin, eve := visit(t, n[0], "s-tom"), visit(t, n[2], "s-tom"), visit(t, n[1], "s-eve")
	tom.says(stranger("s-eve"), "hi")
	same(t, n, "/ctx/s-tom/strangers", `["s-eve"]`)
	same(t, n, "/ctx/s-eve/strangers", `["s-tom"]`)
	eve.says(stranger("s-tom"), "you?")
	answer := "message from s-eve (4) to s-tom: you?"
	eve.hears("message from s-tom (4) to s-eve: hi")
	tom.hears(answer)
	twin.hears("yourself to s-eve: hi", answer)
}

func passengerTalks(t *testing.T, n []*servertest.Node) {
	tom, twin := visit(t, n[1], "p-tom"), visit(t, n[0], "p-tom")
	p := enter(t, n[2], client.Options{Passenger: `{"name":"nobody"}`})
	p.says(friend("p-tom"), "hi")
	tom.says(client.To{ID: p.ID(), Type: client.Passenger}, "yes?")
	hi := "message from " + p.ID() + " (3) to p-tom: hi"
	tom.hears(hi)
	twin.hears(hi, "yourself to "+p.ID()+": yes?")
	p.hears("message from p-tom (0) to " + p.ID() + ": yes?")
	same(t, n, "/passengers/"+p.ID(), `{"name":"nobody"}`)
}

// A user is online once, however many sessions there are on however many nodes, until the last of them is gone for a while.
func presenceTravels(t *testing.T, n []*servertest.Node) {
	befriend(t, n[0], "o-tom", "o-jerry")
	jerry, jerrys := visit(t, n[0], "o-jerry"), visit(t, n[2], "o-jerry")
	tom, twin := visit(t, n[1], "o-tom"), visit(t, n[2], "o-tom")
	jerry.hears("online o-tom")
	sessions := regexp.MustCompile(`"sessions":2\b`)
	for _, node := range n {
		servertest.Eventually(t, node.Name+" knows of two sessions", func() bool { return sessions.MatchString(get(t, node, "/ctx/o-tom")) })
		if got := get(t, node, "/ctx/o-jerry/friends?detail"); got != `[{"id":"o-tom","online":true}]` {
			t.Errorf("%s: %s", node.Name, got)
		}
	}
	tom.Cut()
	twin.says(friend("o-jerry"), "still here")
	still := "message from o-tom (0) to o-jerry: still here"
	jerry.hears("online o-tom", still)
	twin.Close() //nolint:errcheck // it may be gone
	jerry.hears("online o-tom", still, "offline o-tom")
	jerrys.hears("online o-tom", still, "offline o-tom")
	servertest.Eventually(t, "all nodes know that tom is gone", func() bool {
		return !slices.ContainsFunc(n, func(node *servertest.Node) bool {
			return !regexp.MustCompile(`"id":"o-tom","online":false`).MatchString(get(t, node, "/ctx/o-jerry/friends?detail"))
		})
	})
}

// In an app of their own, since all hear it.
func loudPresenceTravels(t *testing.T, n []*servertest.Node) {
	ear := enter(t, n[0], client.Options{App: otherApp, User: "l-eve"})
	loud := enter(t, n[1], client.Options{App: otherApp, User: "l-tom", NotifyAll: true})
	heard := func(event string) {
		t.Helper()
		servertest.Eventually(t, "eve hears "+event, func() bool { return slices.Contains(ear.all(), event) })
	}
	heard("online_x l-tom")
	loud.Close() //nolint:errcheck // it may be gone
	heard("offline_x l-tom")
	var of []string
	for _, line := range ear.all() {
		if line == "online_x l-tom" || line == "offline_x l-tom" {
			of = append(of, line)
		}
	}
	if want := []string{"online_x l-tom", "offline_x l-tom"}; !slices.Equal(of, want) {
		t.Errorf("eve heard %v, want %v", of, want)
	}
}

func text(body string) map[string]any {
	return map[string]any{"content": map[string]any{"media": 0, "body": body}}
}

func appSpeaksToOne(t *testing.T, n []*servertest.Node) {
	g := found(t, n[0], "/groups", map[string]any{"owner": "y-a", "members": []string{"y-b"}})
	r := found(t, n[0], "/rooms", members("y-a", "y-b"))
	a, b, twin := visit(t, n[0], "y-a"), visit(t, n[1], "y-b"), visit(t, n[2], "y-b")
	// One after the other has been heard: different actors speak, and nothing orders them.
	b1, b2 := "sys to y-b: you", "sys to "+g+": group"
	ask(t, n[2], http.MethodPost, "/system/y-b", text("you"), http.StatusAccepted)
	b.hears(b1)
	twin.hears(b1)
	ask(t, n[1], http.MethodPost, "/system/"+g+"?group", text("group"), http.StatusAccepted)
	b.hears(b1, b2)
	twin.hears(b1, b2)
	a.hears(b2)
	ask(t, n[0], http.MethodPost, "/system/"+r+"?room", text("room"), http.StatusAccepted)
	b3 := "sys to " + r + ": room"
	b.hears(b1, b2, b3)
	twin.hears(b1, b2, b3)
	a.hears(b2, b3)
}

func appSpeaksToAll(t *testing.T, n []*servertest.Node) {
	a, p := enter(t, n[0], client.Options{App: otherApp, User: "z-a"}), enter(t, n[1], client.Options{App: otherApp, Passenger: `{"id":"z-p"}`})
	elsewhere := visit(t, n[2], "z-a")
	r := rest(n[2])
	r.App = otherApp
	if status, answer, err := r.Send(t.Context(), http.MethodPost, "/system", text("all")); err != nil || status != http.StatusAccepted {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	for _, e := range []*ear{a, p} {
		servertest.Eventually(t, e.name+" hears", func() bool { return slices.Contains(e.all(), "sys to all: all") })
	}
	for _, e := range []*ear{a, p} {
		if got := slices.DeleteFunc(e.all(), func(l string) bool { return l != "sys to all: all" }); len(got) != 1 {
			t.Errorf("%s heard it %d times", e.name, len(got))
		}
	}
	elsewhere.hears()
}

// What was answered on one node is found on the others at once.
func searchFinds(t *testing.T, n []*servertest.Node) {
	visit(t, n[0], "q-tom")
	for i := range many / 10 {
		ask(t, n[i%3], http.MethodPost, "/ctx/q-tom/attributes", map[string]any{"q-level": i}, http.StatusCreated)
		if got := get(t, n[(i+1)%3], fmt.Sprintf("/ctx?q-level=%d", i)); !regexp.MustCompile(`^\[\{"id":"q-tom","online":true,`).MatchString(got) {
			t.Errorf("level %d: %s", i, got)
		}
	}
	r := found(t, n[1], "/rooms", map[string]any{"name": "q-lobby"})
	for _, node := range n {
		if got := get(t, node, "/rooms?name=q-lobby"); !regexp.MustCompile(`^\[\{"id":"` + r + `"`).MatchString(got) {
			t.Errorf("%s: %s", node.Name, got)
		}
	}
}

// Whatever a change on one node was answered with, the next read on another node sees.
func readsAgree(t *testing.T, n []*servertest.Node) {
	for i := range many / 10 {
		here, there := n[i%3], n[(i+1)%3]
		befriend(t, here, "x-tom", "x-jerry")
		if got := get(t, there, "/ctx/x-jerry/friends"); got != `["x-tom"]` {
			t.Errorf("%s after %s made them friends: %s", there.Name, here.Name, got)
		}
		ask(t, there, http.MethodDelete, "/ctx/x-tom/friends/x-jerry", nil, http.StatusNoContent)
		same(t, n, "/ctx/x-jerry/friends", "[]")
		same(t, n, "/ctx/x-tom/friends", "[]")
	}
	g := found(t, n[0], "/groups", map[string]any{"owner": "x-tom"})
	same(t, n, "/ctx/x-tom/groups", `["`+g+`"]`)
	ask(t, n[1], http.MethodDelete, "/groups/"+g, nil, http.StatusNoContent)
	for _, node := range n {
		ask(t, node, http.MethodGet, "/groups/"+g, nil, http.StatusNotFound)
	}
}
