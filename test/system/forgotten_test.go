package system

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// Deleted groups and rooms are forgotten when the window has passed, and answer before and after like ones that never were, to
// every verb. Nobody uses anything meanwhile, and the server was started again, so that all actors sleep: those that the log must
// not forget are woken for a snapshot each, by which nothing needs to be kept of what goes, and sleep again. Friendships,
// memberships and numbers are as they were.
//
// Checked by breaking it: when the server asks no actor for snapshots, entries are carried.
func TestRetention_DeletedIsForgottenAndTheRestIsCovered(t *testing.T) {
	t.Parallel()
	const (
		pairs, places = 24, 12
		late          = 3 * shortest // the window, its bucket, and some looks at it
	)
	n := servertest.Start(t, "--retention", shortest.String())
	for i := range pairs {
		if err := rest(n).Befriend(t.Context(), fmt.Sprint("a", i), fmt.Sprint("b", i)); err != nil {
			t.Fatal(err)
		}
	}
	a0 := visit(t, n, as("a0"))
	sayAndWait(t, a0.Conn, client.Text("b0", "first"))
	stays := made(t, n, "/groups", `{"owner":"a0","members":["b0"]}`)
	sayAndWait(t, a0.Conn, client.TextTo(to(stays, client.Group), "first"))
	var deleted []string
	for range places {
		group := made(t, n, "/groups", `{"owner":"a0","members":["b0","b1"],"attributes":{"name":"crew"}}`)
		sayAndWait(t, a0.Conn, client.TextTo(to(group, client.Group), "last"))
		deleted = append(deleted, "/groups/"+group, "/rooms/"+made(t, n, "/rooms", `{"members":["b0","b1"]}`))
	}
	a0.Cut()
	for _, at := range deleted {
		n.Client().Expect(http.MethodDelete, at, http.StatusNoContent)
	}
	likeNever := func(when string) {
		t.Helper()
		for _, at := range deleted {
			never := at[:strings.LastIndex(at, "/")+1] + strings.Repeat("0", 32)
			for _, verb := range []struct{ method, under, body string }{
				{http.MethodGet, "", ""},
				{http.MethodPut, "", `{"owner":"a0"}`},
				{http.MethodDelete, "", ""},
				{http.MethodPost, "/members", `["a0"]`},
				{http.MethodDelete, "/members", `["a0"]`},
				{http.MethodGet, "/chats", ""},
				{http.MethodGet, "/attributes", ""},
				{http.MethodPost, "/attributes", `{"name":"x"}`},
			} {
				got, want := n.Client().Do(verb.method, at+verb.under, verb.body), n.Client().Do(verb.method, never+verb.under, verb.body)
				if got.Status != want.Status || got.Body != want.Body || got.Status < http.StatusBadRequest {
					t.Errorf("%s: %s %s: %d %s, want %d %s", when, verb.method, at+verb.under, got.Status, got.Body, want.Status, want.Body)
				}
			}
		}
	}
	likeNever("deleted")
	<-time.After(3 * time.Second) // what was told is noted once a second, and else told again
	n.Terminate()
	n.Restart()
	if awake := n.Metrics()[`parley_actors{kind="dialog"}`]; awake > 0 {
		t.Errorf("%v dialogs are awake: the test proves nothing of those that sleep", awake)
	}
	began := time.Now()
	for n.Metrics()["parley_retention_buried_total"] < 2*places {
		if time.Since(began) > late {
			t.Fatalf("after %v %v of %d deleted objects are forgotten", late, n.Metrics()["parley_retention_buried_total"], 2*places)
		}
		<-time.After(time.Second)
	}
	t.Logf("forgotten after %v", time.Since(began))
	if m := n.Metrics(); m["parley_retention_carried_total"] > 0 {
		t.Errorf("%v entries were carried, though all who needed them were there to be asked", m["parley_retention_carried_total"])
	}
	servertest.Eventually(t, "all actors sleep", func() bool {
		m := n.Metrics()
		return m[`parley_actors{kind="user"}`]+m[`parley_actors{kind="dialog"}`] == 0
	})
	likeNever("forgotten")
	for i := range pairs {
		if got, want := n.Client().Expect(http.MethodGet, fmt.Sprintf("/ctx/b%d/friends", i), http.StatusOK), fmt.Sprintf(`["a%d"]`, i); got != want {
			t.Errorf("b%d has friends %s, want %s", i, got, want)
		}
	}
	for path, want := range map[string]string{"/ctx/b0/groups": fmt.Sprintf("[%q]", stays), "/ctx/b0/rooms": "[]", "/ctx/b1/groups": "[]"} {
		if got := n.Client().Expect(http.MethodGet, path, http.StatusOK); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	again := visit(t, n, as("a0"))
	defer again.Cut()
	for _, to := range []client.To{{ID: "b0"}, to(stays, client.Group)} {
		if a := sayAndWait(t, again.Conn, client.TextTo(to, "second")); a.N != 2 {
			t.Errorf("to %s: number %d, want 2", to.ID, a.N)
		}
	}
}
