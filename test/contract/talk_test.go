package contract

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// talk lets tom come online and say something to everybody who keeps a history with him, and leaves him online.
func (s *stage) talk() {
	s.t.Helper()
	s.node.Client().Expect(http.MethodPost, "/ctx/eve/friends/zoe", 200) // eve exists
	tom := dial(s.t, s.node, "tom")
	group := strings.NewReplacer(s.names...).Replace("{g}")
	friend := client.Text("jerry", "to a friend")
	friend.Remark, friend.ID = "hi", "m-1"
	for _, m := range []client.Message{
		friend,
		client.TextTo(client.To{ID: group, Type: 1}, "to a group"),
		client.TextTo(client.To{ID: "visitor-7", Type: 3}, "to a passenger"),
		client.TextTo(client.To{ID: "eve", Type: 4}, "to a stranger"),
	} {
		say(s.t, tom, m)
	}
	for _, list := range []struct{ path, want string }{
		{"/ctx/tom/strangers", `["eve"]`}, {"/ctx/eve/strangers", `["tom"]`},
	} {
		servertest.Eventually(s.t, list.path+" is "+list.want, func() bool {
			return s.node.Client().Do(http.MethodGet, list.path, "").Body == list.want
		})
	}
}

func dial(t *testing.T, node *servertest.Node, user string) *client.Conn {
	t.Helper()
	c, err := client.Insist(t.Context(), client.Options{
		Addr: node.Listen, App: servertest.App, Sign: client.SignNow(servertest.ClientKey), User: user, Install: "phone-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Cut)
	return c
}

// say waits until m is stored.
func say(t *testing.T, c *client.Conn, m client.Message) {
	t.Helper()
	answers := make(chan client.Answer, 1)
	if err := c.Say(m, func(a client.Answer) { answers <- a }); err != nil {
		t.Fatal(err)
	}
	select {
	case a := <-answers:
		if !a.Success {
			t.Fatalf("%v: %+v", m, a)
		}
	case <-c.Done():
		t.Fatalf("%v: the connection ended", m)
	}
}
