package system

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// pagesFor is how long messages are said for: longer than the window, and each bucket of it is a seventh.
	pagesFor = shortest + 15*time.Second
	// between is the pause between two messages of a conversation.
	between = 500 * time.Millisecond
	// slack is how far the test's reading of the clock may be from the server's.
	slack = 100 * time.Millisecond
)

// A friend, a stranger, a passenger and a group are spoken to for longer than the window, over all its buckets, and the server is killed
// and started again meanwhile. Every five seconds each history is read in pages, by number and by time, with any key of the app:
// it has each message once that is not older than the window, in order and without a gap, and none that is older.
//
// Checked by breaking it: when a page by number leaves its newest out (im/before.go: Admits) one is missing, and when nothing is hidden
// by the clock (eventlog/read.go: History) old ones stay for seconds.
func TestPages_HaveEveryMessageOnceWhileOldOnesGo(t *testing.T) {
	t.Parallel()
	b := openBook(t)
	began := time.Now()
	tick := time.NewTicker(between)
	defer tick.Stop()
	killed := false
	for i := 1; time.Since(began) < pagesFor; i++ {
		b.say()
		if i%10 == 0 {
			b.read()
		}
		if !killed && time.Since(began) > pagesFor/2 {
			b.n.Kill()
			b.n.Restart()
			b.enter()
			killed = true
		}
		<-tick.C
	}
	b.read()
	for route, c := range b.talks {
		if !c.hid {
			t.Errorf("%s: nothing has left the window", route)
		}
	}
}

// pagesBook is a server with the shortest window, and what was said there.
type pagesBook struct {
	t     *testing.T
	n     *servertest.Node
	tom   *ear
	talks map[string]*pagesTalk // by route
}

// pagesTalk is one conversation: the answers to its messages, in order.
type pagesTalk struct {
	to   client.To
	said []client.Answer
	// hid is true once a message that was said could not be read any more.
	hid bool
}

func openBook(t *testing.T) *pagesBook {
	t.Helper()
	n := servertest.Start(t, "--retention", shortest.String())
	befriend(t, n, "tom", "jerry")
	group := found(t, n, "/groups", map[string]any{"owner": "tom", "members": []string{"jerry"}})
	visit(t, n, as("eve")).Cut()
	visit(t, n, client.Options{Passenger: `{"id":"p1"}`}).Cut()
	b := &pagesBook{t: t, n: n, talks: map[string]*pagesTalk{
		"/ctx/jerry/friends/tom/chats": {to: client.To{ID: "jerry"}},
		"/ctx/eve/strangers/tom/chats": {to: client.To{ID: "eve", Type: client.Stranger}},
		"/passengers/p1/chats/tom":     {to: client.To{ID: "p1", Type: client.Passenger}},
		"/groups/" + group + "/chats":  {to: client.To{ID: group, Type: client.Group}},
	}}
	b.enter()
	return b
}

func (b *pagesBook) enter() { b.tom = visit(b.t, b.n, as("tom")) }

// say says one message in each conversation.
func (b *pagesBook) say() {
	b.t.Helper()
	for _, c := range b.talks {
		c.said = append(c.said, sayAndWait(b.t, b.tom.Conn, client.TextTo(c.to, fmt.Sprint(len(c.said)+1))))
	}
}

// read reads each history in pages.
func (b *pagesBook) read() {
	b.t.Helper()
	for route, c := range b.talks {
		for by, key := range map[string]string{"before": servertest.MasterKey, "ts": servertest.ClientKey} {
			from := time.Now()
			got := b.pages(route, by, key)
			c.check(b.t, route+" by "+by, got, from.Add(-shortest-slack), time.Now().Add(-shortest+slack))
		}
	}
}

// pages reads a history to its begin, a few records at a time, and returns it oldest first.
func (b *pagesBook) pages(route, by, key string) (all []client.Record) {
	b.t.Helper()
	r := rest(b.n)
	r.Key = key
	for bound := ""; ; {
		var page []client.Record
		status, body, err := r.Do(b.t.Context(), http.MethodGet, route+"?limit=13"+bound)
		if err != nil || status != http.StatusOK || json.Unmarshal(body, &page) != nil {
			b.t.Fatalf("%s: %d %s %v", route, status, body, err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(page, all...)
		bound = fmt.Sprintf("&before=%d", page[0].N)
		if by == "ts" {
			bound = fmt.Sprintf("&ts=%d", page[0].TS)
		}
	}
}

// check compares a history with what was said: nothing of before gone may be there, and all that was said from kept on.
func (c *pagesTalk) check(t *testing.T, what string, got []client.Record, gone, kept time.Time) {
	t.Helper()
	first := uint64(len(c.said)) + 1
	if len(got) > 0 {
		first = got[0].N
	}
	c.hid = c.hid || first > 1
	if last := first + uint64(len(got)) - 1; last != uint64(len(c.said)) {
		t.Fatalf("%s: %d records from %d on, of %d", what, len(got), first, len(c.said))
	}
	for i, r := range got {
		want := c.said[first-1+uint64(i)]
		if r.N != want.N || r.TS != want.TS || r.Text() != fmt.Sprint(want.N) || r.Speaker != "tom" {
			t.Fatalf("%s: record %d is %+v, want n %d, stamped %d", what, i, r, want.N, want.TS)
		}
	}
	if len(got) > 0 && got[0].TS < gone.UnixMilli() {
		t.Errorf("%s: n %d is older than the window by %v", what, first, gone.Sub(time.UnixMilli(got[0].TS)))
	}
	if first > 1 && c.said[first-2].TS >= kept.UnixMilli() {
		t.Errorf("%s: n %d is missing, though it is younger than the window by %v", what, first-1, time.UnixMilli(c.said[first-2].TS).Sub(kept))
	}
}
