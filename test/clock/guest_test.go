package clock

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// guest is a user with one session, which keeps what it hears.
type guest struct {
	t    *testing.T
	user string
	conn *client.Conn

	mu struct {
		sync.Mutex
		heard map[string][]ledger.Record // by place
		// friends holds the last word on each friend: whether it is online.
		friends map[string]bool
	}
}

// login returns a guest whose session has begun.
func (n *node) login(user string) *guest {
	n.t.Helper()
	g := &guest{t: n.t, user: user}
	g.mu.heard, g.mu.friends = map[string][]ledger.Record{}, map[string]bool{}
	ctx, cancel := context.WithTimeout(n.t.Context(), servertest.Patience)
	defer cancel()
	var err error
	g.conn, err = client.Dial(ctx, client.Options{
		Addr: n.running.Addr(), App: servertest.App, User: user, Sign: client.SignNow(servertest.ClientKey), On: g.hear,
	})
	if err != nil {
		n.t.Fatalf("log in as %s: %v", user, err)
	}
	n.t.Cleanup(g.conn.Cut)
	return g
}

func (g *guest) hear(event string, arg json.RawMessage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch event {
	case "online", "offline":
		var friend string
		if err := json.Unmarshal(arg, &friend); err != nil {
			g.t.Errorf("%s heard %s %s: %v", g.user, event, arg, err)
		}
		g.mu.friends[friend] = event == "online"
	case "message":
		var m client.Heard
		var content struct{ Body string }
		if json.Unmarshal(arg, &m) != nil || json.Unmarshal(m.Content, &content) != nil || m.From == nil {
			g.t.Errorf("%s heard %s", g.user, arg)
			return
		}
		place := m.From.GID
		if place == "" {
			place = dialogOf(g.user, m.From.ID)
		}
		g.mu.heard[place] = append(g.mu.heard[place], ledger.Record{N: m.N, TS: m.TS, Speaker: m.From.ID, Body: content.Body})
	case "yourself": // a session that was cut off may be there for a moment yet
	default:
		g.t.Errorf("%s heard %s %s", g.user, event, arg)
	}
}

// dialogOf names the place where two friends talk.
func dialogOf(a, b string) string { return min(a, b) + " " + max(a, b) }

// heardAt returns what was heard of a place so far, in order.
func (g *guest) heardAt(place string) []ledger.Record {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.mu.heard[place])
}

// sees waits until the last word on a friend is online, or not.
func (g *guest) sees(friend string, online bool) {
	g.t.Helper()
	servertest.Eventually(g.t, g.user+" hears whether "+friend+" is online", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		last, heard := g.mu.friends[friend]
		return heard && last == online
	})
}

// say says m and returns its acknowledgement, which must be a success.
func (g *guest) say(m client.Message) client.Answer {
	g.t.Helper()
	a, ok := g.ask(m)
	if !ok || !a.Success {
		g.t.Fatalf("%s: %v was answered with %+v, %v", g.user, m, a, ok)
	}
	return a
}

// ask says m and waits for the answer; ok is false when the session ended first.
func (g *guest) ask(m client.Message) (a client.Answer, ok bool) {
	answers := make(chan client.Answer, 1)
	if g.conn.Say(m, func(a client.Answer) { answers <- a }) != nil {
		return a, false
	}
	select {
	case a = <-answers:
		return a, true
	case <-g.conn.Done():
		return a, false
	}
}

// must sends a request, which must be answered with status, and decodes the answer into v unless that is nil.
func (n *node) must(method, path string, body any, status int, v any) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), servertest.Patience)
	defer cancel()
	got, answer, err := n.rest.Send(ctx, method, path, body)
	if err != nil || got != status {
		n.t.Fatalf("%s %s: %d %s %v, want %d", method, path, got, answer, err, status)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(answer, v); err != nil {
		n.t.Fatalf("%s %s: %s: %v", method, path, answer, err)
	}
}

func (n *node) befriend(a, b string) {
	n.t.Helper()
	n.must(http.MethodPost, "/ctx/"+a+"/friends/"+b, nil, http.StatusOK, nil)
}

// gather makes a group or a room, /groups or /rooms, of these members, of which the first owns a group.
func (n *node) gather(kind string, members ...string) (id string) {
	n.t.Helper()
	body := map[string]any{"members": members}
	if kind == "/groups" {
		body["owner"] = members[0]
	}
	n.must(http.MethodPost, kind, body, http.StatusOK, &id)
	return id
}
