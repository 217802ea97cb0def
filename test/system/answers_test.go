package system

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// rounds of talk leave more events than the server keeps without a snapshot.
const rounds = 40

// village is a small world whose every GET can be asked: friends, a friendship that ended, histories, and a user who
// was only ever named.
type village struct {
	users []string
	pairs [][2]string
}

// populate makes the village on n: tom talks with jerry and with spike, spike and tom part, butch never logged in.
func populate(t *testing.T, n *servertest.Node) village {
	t.Helper()
	v := village{
		users: []string{"tom", "jerry", "spike", "butch"},
		pairs: [][2]string{{"tom", "jerry"}, {"tom", "spike"}, {"jerry", "butch"}},
	}
	for _, p := range v.pairs {
		if err := rest(n).Befriend(t.Context(), p[0], p[1]); err != nil {
			t.Fatal(err)
		}
	}
	tom, jerry := login(t, n, "tom", client.Options{}), login(t, n, "jerry", client.Options{})
	for i := range rounds {
		sayAndWait(t, tom, client.Text("jerry", fmt.Sprintf("在吗 %d 😀", i)))
		sayAndWait(t, jerry, client.Text("tom", fmt.Sprintf("在 %d", i)))
		sayAndWait(t, tom, client.Text("spike", fmt.Sprintf("hello %d", i)))
	}
	if err := rest(n).Unfriend(t.Context(), "spike", "tom"); err != nil {
		t.Fatal(err)
	}
	tom.Cut()
	jerry.Cut()
	servertest.Eventually(t, "nobody is logged in", func() bool { return sessions(t, n, "tom")+sessions(t, n, "jerry") == 0 })
	servertest.Eventually(t, "nobody is online", func() bool { return !isOnline(t, n, "jerry", "tom") && !isOnline(t, n, "tom", "jerry") })
	return v
}

// isOnline asks whether a friend of a user is online: who has left may come back, and is, for two seconds.
func isOnline(t *testing.T, n *servertest.Node, user, friend string) bool {
	t.Helper()
	_, body, err := rest(n).Do(t.Context(), http.MethodGet, "/ctx/"+user+"/friends/"+friend)
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ Online bool }
	if err := json.Unmarshal(body, &info); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return info.Online
}

// sessions returns how many sessions the server knows of a user.
func sessions(t *testing.T, n *servertest.Node, user string) int {
	t.Helper()
	_, body, err := rest(n).Do(t.Context(), http.MethodGet, "/ctx/"+user)
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ Sessions int }
	if err := json.Unmarshal(body, &info); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return info.Sessions
}

// sayAndWait sends m and returns its acknowledgement, which must be a success.
func sayAndWait(t *testing.T, c *client.Conn, m client.Message) client.Answer {
	t.Helper()
	answers := make(chan client.Answer, 1)
	if err := c.Say(m, func(a client.Answer) { answers <- a }); err != nil {
		t.Fatal(err)
	}
	select {
	case a := <-answers:
		if !a.Success {
			t.Fatalf("%v was refused with %d", m, a.Error)
		}
		return a
	case <-c.Done():
		t.Fatalf("the connection ended before %v was answered", m)
		return client.Answer{}
	}
}

// questions lists every GET of the API that the village can be asked, and the POST twin of the profile.
func (v village) questions() (out [][2]string) {
	for _, u := range v.users {
		out = append(out, [2]string{http.MethodGet, "/ctx/" + u}, [2]string{http.MethodPost, "/ctx/" + u},
			[2]string{http.MethodGet, "/ctx/" + u + "/friends"}, [2]string{http.MethodGet, "/ctx/" + u + "/friends?detail"})
	}
	for _, p := range v.pairs {
		for _, side := range [][2]string{{p[0], p[1]}, {p[1], p[0]}} {
			path := "/ctx/" + side[0] + "/friends/" + side[1]
			for _, q := range []string{"", "/chats", "/chats?limit=100", "/chats?limit=3", "/chats?limit=1&before=5"} {
				out = append(out, [2]string{http.MethodGet, path + q})
			}
		}
	}
	return append(out, [2]string{http.MethodGet, "/ctx/nobody"}, [2]string{http.MethodGet, "/ctx/tom/friends/nobody"})
}

// answers asks everything and returns "status body" by question. Every answer must be JSON.
func (v village) answers(t *testing.T, n *servertest.Node) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, q := range v.questions() {
		status, body, err := rest(n).Do(t.Context(), q[0], q[1])
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(body) {
			t.Fatalf("%s %s answered %d with what is no JSON: %q", q[0], q[1], status, body)
		}
		out[q[0]+" "+q[1]] = fmt.Sprintf("%d %s", status, body)
	}
	return out
}

// sameAnswers reports every question whose answer changed.
func sameAnswers(t *testing.T, before, after map[string]string) {
	t.Helper()
	for q, want := range before {
		if got := after[q]; got != want {
			t.Errorf("%s\n got %s\nwant %s", q, got, want)
		}
	}
}
