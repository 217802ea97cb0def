package system

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// tenant is an app on a cluster, where tom has said something to jerry, his friend.
type tenant struct {
	app, key string
	said     client.Message
	first    client.Answer
}

// What an app's own window ends is hidden at once by the node that was told, and by the others within a second or two, those that
// start later included; other apps do not notice. It is hidden and no more: a message that is repeated is known by its id for as
// long as the node's window is, and without the app's window all of it can be read again.
//
// Checked by breaking it: it fails when the log is not given the windows of apps.
func TestAppRetention_HidesOneAppsPastEverywhere(t *testing.T) {
	t.Parallel()
	short := &tenant{app: servertest.App, key: servertest.ClientKey}
	other := &tenant{app: "other", key: "other-client"}
	c := servertest.StartCluster(t, 3, "--app", short.app+":"+short.key+":m1", "--app", other.app+":"+other.key+":m2")
	first, last := c.Nodes[0], c.Nodes[2]
	short.begin(t, first)
	other.begin(t, first)
	<-time.After(shortest + time.Second) // by then it is older than an app's shortest window
	for _, n := range c.Nodes {
		short.shows(t, n, 1)
		other.shows(t, n, 1)
	}
	set := func(window string) {
		t.Helper()
		got := servertest.Run(t, nil, "app", "set", short.app, "--retention", window, "--admin", first.AdminURL(), "--data", first.Dir)
		if got.Code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	everywhere := func(want int) {
		t.Helper()
		began := time.Now()
		for _, n := range c.Nodes {
			servertest.Eventually(t, n.Name+" follows", func() bool { return short.messages(t, n) == want })
		}
		t.Logf("all nodes follow after %v", time.Since(began))
		for _, n := range c.Nodes {
			other.shows(t, n, 1)
		}
	}

	set(shortest.String())
	short.shows(t, first, 0)
	everywhere(0)
	if again := short.say(t, last, short.said); !again.Duplicate || again.N != short.first.N || again.TS != short.first.TS {
		t.Errorf("said again: %+v, at first %+v", again, short.first)
	}
	everywhere(0)
	if next := short.say(t, last, client.Text("jerry", "new")); next.N != 2 {
		t.Errorf("said next: %+v", next)
	}
	everywhere(1)
	last.Kill()
	last.Restart()
	short.shows(t, last, 1)

	set("0")
	everywhere(2)
}

// begin makes friends of tom and jerry, and lets tom say something.
func (a *tenant) begin(t *testing.T, n *servertest.Node) {
	t.Helper()
	if got := a.rest(n).Do(http.MethodPost, "/ctx/tom/friends/jerry", ""); got.Status != http.StatusOK {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	a.said = client.Text("jerry", "old")
	a.said.ID = "m1"
	a.first = a.say(t, n, a.said)
}

func (a *tenant) rest(n *servertest.Node) *servertest.Client {
	c := n.Client()
	c.App, c.Key = a.app, a.key
	return c
}

// say has tom say something on a node.
func (a *tenant) say(t *testing.T, n *servertest.Node, m client.Message) client.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
	defer cancel()
	tom, err := client.Dial(ctx, client.Options{Addr: n.Listen, App: a.app, User: "tom", Sign: client.SignNow(a.key)})
	if err != nil {
		t.Fatal(err)
	}
	defer tom.Cut()
	return sayAndWait(t, tom, m)
}

// messages counts those that a node shows of what was said.
func (a *tenant) messages(t *testing.T, n *servertest.Node) int {
	t.Helper()
	return strings.Count(a.rest(n).Expect(http.MethodGet, "/ctx/jerry/friends/tom/chats", http.StatusOK), `"speaker"`)
}

func (a *tenant) shows(t *testing.T, n *servertest.Node, want int) {
	t.Helper()
	if got := a.messages(t, n); got != want {
		t.Errorf("%s shows %d messages of %s, want %d", n.Name, got, a.app, want)
	}
}
