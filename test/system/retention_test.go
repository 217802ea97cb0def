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
	// shortest is the shortest window that there is, and gone when nothing of a message may be on disk any more, without traffic: the
	// window, its bucket, and the flushes and cuts of both stores.
	shortest = 70 * time.Second
	gone     = 120 * time.Second
	// bodies of each kind of conversation, bodyBytes long.
	bodies    = 8
	bodyBytes = 48 << 10
)

// What was said stands in the files of a server with --retention 70s after 30 seconds, and in none of them after 120, though
// nobody speaks or asks meanwhile: not in the store, not in Raft's log, nor in what either leaves behind. It can be read for as
// long as the window is and no longer, and what is not a message stays: who is whose friend, who is in a group, and the number
// that the next message has. The bodies are random text, which no file holds in another form; they are looked for in pieces. So it is
// when the server is stopped, or killed, and started again while they go.
//
// Checked by breaking it: while nothing was deleted, every piece was found after 120 seconds, in tables of both stores or their logs.
func TestRetention_NothingOlderIsInAnyFile(t *testing.T) {
	t.Parallel()
	lives := []*held{
		hold(t, "left alone", func(*servertest.Node) {}),
		hold(t, "stopped and started", func(n *servertest.Node) { n.Terminate(); n.Restart() }),
		hold(t, "killed and started", func(n *servertest.Node) { n.Kill(); n.Restart() }),
	}
	for _, h := range lives {
		h.say()
	}
	began := time.Now()
	after := func(d time.Duration, do func(*held)) {
		<-time.After(time.Until(began.Add(d)))
		for _, h := range lives {
			t.Logf("%s, after %v: %d of %d pieces in %s", h.name, d, h.left(), len(h.which), h.where())
			do(h)
		}
	}
	after(30*time.Second, (*held).allFound)
	after(50*time.Second, func(h *held) {
		if age := time.Since(h.first); age > shortest-10*time.Second {
			t.Logf("%s: what was said first is %v old: too slow to tell", h.name, age)
			return
		}
		h.allRead(bodies)
	})
	after(60*time.Second, func(h *held) { h.interrupt(h.n) })
	after(75*time.Second, func(h *held) { h.allRead(0) })
	after(gone, func(h *held) {
		h.noneFound()
		h.allRead(0)
		h.goesOn()
		h.n.Kill()
		h.n.Restart() // what is left is a whole directory
		h.goesOn()
	})
}

// held is a server, what was said on it, and what is looked for.
type held struct {
	t         *testing.T
	name      string
	n         *servertest.Node
	interrupt func(*servertest.Node)
	group     string
	// first is when the first message was said.
	first time.Time
	// last is the number of the last message of each conversation.
	last uint64
	*pieces
}

// hold starts a server with the shortest window and makes who will talk there.
func hold(t *testing.T, name string, interrupt func(*servertest.Node)) *held {
	t.Helper()
	n := servertest.Start(t, "--retention", shortest.String())
	if err := rest(n).Befriend(t.Context(), "tom", "jerry"); err != nil {
		t.Fatal(err)
	}
	visit(t, n, as("eve")).Cut()
	group := made(t, n, "/groups", `{"owner":"tom","members":["jerry"]}`)
	return &held{t: t, name: name, n: n, interrupt: interrupt, group: group, pieces: newPieces(n.Dir)}
}

// say has a friend, a stranger, a passenger and a group spoken to, and everybody leave.
func (h *held) say() {
	h.t.Helper()
	h.first = time.Now()
	for range bodies {
		h.round(func() string { return h.draw(bodyBytes) })
	}
}

// round says one message in each conversation, which must have the next number there.
func (h *held) round(body func() string) {
	h.t.Helper()
	h.last++
	tom, p := visit(h.t, h.n, as("tom")), visit(h.t, h.n, client.Options{Passenger: `{"id":"p1"}`})
	defer tom.Cut()
	defer p.Cut()
	for _, to := range []client.To{{ID: "jerry"}, to("eve", client.Stranger), to(h.group, client.Group)} {
		if a := sayAndWait(h.t, tom.Conn, client.TextTo(to, body())); a.N != h.last {
			h.t.Errorf("%s: to %s: number %d, want %d", h.name, to.ID, a.N, h.last)
		}
	}
	if a := sayAndWait(h.t, p.Conn, client.Text("tom", body())); a.N != h.last {
		h.t.Errorf("%s: to tom: number %d, want %d", h.name, a.N, h.last)
	}
}

// chats are the histories of all conversations.
func (h *held) chats() []string {
	return []string{"/ctx/tom/friends/jerry/chats", "/ctx/eve/strangers/tom/chats", "/groups/" + h.group + "/chats", "/passengers/p1/chats/tom"}
}

// allRead wants so many messages in each history.
func (h *held) allRead(want int) {
	h.t.Helper()
	for _, chats := range h.chats() {
		if got := len(h.records(chats)); got != want {
			h.t.Errorf("%s: %s: %d messages, want %d", h.name, chats, got, want)
		}
	}
}

func (h *held) records(chats string) []client.Record {
	h.t.Helper()
	var page []client.Record
	if err := json.Unmarshal([]byte(h.n.Client().Expect(http.MethodGet, chats+"?limit=100", http.StatusOK)), &page); err != nil {
		h.t.Fatal(err)
	}
	return page
}

// allFound wants each body on the disk, or nothing would be shown by its absence.
func (h *held) allFound() {
	h.t.Helper()
	if left := h.left(); left < len(h.which)/2 {
		h.t.Errorf("%s: only %d of %d pieces are on the disk: looking for them would prove nothing", h.name, left, len(h.which))
	}
}

// noneFound says what is where.
func (h *held) noneFound() {
	h.t.Helper()
	if left := h.left(); left > 0 {
		h.t.Errorf("%s: %v after they were said %d of %d pieces of bodies are on the disk, in %s", h.name, gone, left, len(h.which), h.where())
	}
}

// goesOn says one message more in each conversation, which is read with those of its sort alone; nothing else was forgotten.
func (h *held) goesOn() {
	h.t.Helper()
	h.round(func() string { return "and on" })
	h.allRead(int(h.last) - bodies)
	for path, want := range map[string]string{
		"/ctx/jerry/friends": `["tom"]`, "/ctx/tom/strangers": `["eve"]`, "/ctx/jerry/groups": fmt.Sprintf("[%q]", h.group),
	} {
		if got := h.n.Client().Expect(http.MethodGet, path, http.StatusOK); got != want {
			h.t.Errorf("%s: %s: %s, want %s", h.name, path, got, want)
		}
	}
}
