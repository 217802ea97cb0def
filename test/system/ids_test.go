package system

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// An id of a message is 1 to 64 of [A-Za-z0-9_-]; anything else is refused with 5001, and nothing is stored. Nobody needs one.
func TestMessageID_IsCheckedAndAnswered(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	befriend(t, n, "tom", "jerry")
	tom := visit(t, n, as("tom"))
	const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	for i, id := range []string{"1", "-", "_", all, strings.Repeat("x", 64), ""} {
		m := client.Text("jerry", "with "+id)
		m.ID = id
		if a := sayAndWait(t, tom.Conn, m); a.N != uint64(i+1) || a.ID != id || a.Duplicate {
			t.Errorf("%q was answered %+v", id, a)
		}
	}
	for _, id := range []string{strings.Repeat("x", 65), strings.Repeat("x", 100_000), "a b", "a.b", "a/b", "é", "😀", " a", "a\n", "a\x00"} {
		m := client.Text("jerry", "never")
		m.ID = id
		tom.refused(m, 5001)
	}
	records, err := rest(n).ChatsByNumber(t.Context(), "/ctx/tom/friends/jerry/chats")
	if err != nil || len(records) != 6 || records[3].ID != all || records[5].ID != "" {
		t.Errorf("%+v, %v, want six with their ids", records, err)
	}
}

// An id belongs to its speaker and to the conversation. Another speaker with the same id, a passenger of a user's own name
// among them, loses nothing and gets no answer of somebody else's; neither does the same speaker elsewhere. Who says something
// else under an id of theirs gets the first answer, and the first text stays; also when they may not speak any more.
//
// Checked by breaking it: without the speaker in transport/dispatch/ids.go: clientCommandID others' messages are lost.
func TestMessageID_IsTheSpeakersOwn(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	befriend(t, n, "tom", "jerry")
	befriend(t, n, "tom", "anna")
	group := client.To{ID: found(t, n, "/groups", map[string]any{"owner": "tom", "members": []string{"jerry"}}), Type: client.Group}
	tom, jerry := visit(t, n, as("tom")), visit(t, n, as("jerry"))
	guest := visit(t, n, client.Options{Passenger: `{"id":"tom"}`})
	says := []struct {
		by    *ear
		to    client.To
		route string
		n     uint64
	}{
		{tom, client.To{ID: "jerry"}, "/ctx/tom/friends/jerry/chats", 1},
		{jerry, client.To{ID: "tom"}, "/ctx/tom/friends/jerry/chats", 2},
		{tom, client.To{ID: "anna"}, "/ctx/tom/friends/anna/chats", 1},
		{tom, group, "/groups/" + group.ID + "/chats", 1},
		{jerry, group, "/groups/" + group.ID + "/chats", 2},
		{tom, client.To{ID: "jerry", Type: client.Stranger}, "/ctx/tom/strangers/jerry/chats", 1},
		{jerry, client.To{ID: "tom", Type: client.Stranger}, "/ctx/tom/strangers/jerry/chats", 2},
		{guest, client.To{ID: "tom"}, "/passengers/tom/chats/tom", 1},
		{tom, client.To{ID: "tom", Type: client.Passenger}, "/passengers/tom/chats/tom", 2},
	}
	first := make([]client.Answer, len(says))
	for i, s := range says {
		m := client.TextTo(s.to, fmt.Sprint("first ", i))
		m.ID = "same"
		if first[i] = sayAndWait(t, s.by.Conn, m); first[i].N != s.n || first[i].Duplicate {
			t.Errorf("%d: %+v, want n %d", i, first[i], s.n)
		}
	}
	n.Client().Expect(http.MethodDelete, "/ctx/tom/friends/jerry", 204)
	n.Client().Expect(http.MethodDelete, "/groups/"+group.ID+"/members/jerry", 204)
	for i, s := range says {
		want := first[i]
		want.Duplicate = true
		m := client.TextTo(s.to, "something else")
		m.ID = "same"
		if again := sayAndWait(t, s.by.Conn, m); again != want {
			t.Errorf("%d again: %+v, want %+v", i, again, want)
		}
		records, err := rest(n).ChatsByNumber(t.Context(), s.route)
		if err != nil || len(records) < int(s.n) || records[s.n-1].Text() != fmt.Sprint("first ", i) || records[s.n-1].ID != "same" {
			t.Errorf("%d: %+v, %v", i, records, err)
		}
	}
}

// What is said in a room is not stored: an id comes back with the answer, and is not known when it comes again.
func TestMessageID_IsNotKnownInARoom(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	room := client.To{ID: found(t, n, "/rooms", map[string]any{"members": []string{"tom", "jerry"}}), Type: client.Room}
	tom, jerry := visit(t, n, as("tom")), visit(t, n, as("jerry"))
	for range 2 {
		m := client.TextTo(room, "hi")
		m.ID = "same"
		if a := sayAndWait(t, tom.Conn, m); a.N != 0 || a.ID != "same" || a.Duplicate {
			t.Errorf("%+v", a)
		}
	}
	heard := `message {"content":{"body":"hi","media":0},"from":{"gid":"` + room.ID + `","id":"tom","type":2},"id":"same","to":{"id":"` + room.ID + `","type":2}}`
	jerry.hears("jerry", heard, heard)
}

func befriend(t *testing.T, n *servertest.Node, a, b string) {
	t.Helper()
	if err := rest(n).Befriend(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
}

// found makes a group or a room ("/groups", "/rooms") and returns its id.
func found(t *testing.T, n *servertest.Node, path string, body map[string]any) (id string) {
	t.Helper()
	status, answer, err := rest(n).Send(t.Context(), http.MethodPost, path, body)
	if err := errors.Join(err, json.Unmarshal(answer, &id)); err != nil || status != http.StatusOK {
		t.Fatalf("POST %s: %d %s %v", path, status, answer, err)
	}
	return id
}
