package hostile

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// credentials is the login JSON of a user.
func credentials(user string) string {
	text, _ := json.Marshal(map[string]string{
		"app": servertest.App, "sign": client.SignNow(servertest.ClientKey), "client": user,
	})
	return string(text)
}

// open opens a session of a revision of Engine.IO and reads what comes unasked; auth "" leaves the parameter out. The
// client can send anything.
func (s *siege) open(t testing.TB, revision int, auth string) *wstest.Client {
	t.Helper()
	query := url.Values{"EIO": {fmt.Sprint(revision)}, "transport": {"websocket"}}
	if auth != "" {
		query.Set("auth", auth)
	}
	c := wstest.Dial(t, s.URL(), "/socket.io/?"+query.Encode())
	if packet := c.Text(); !strings.HasPrefix(packet, `0{"sid":"`) {
		t.Fatalf("first packet %s", packet)
	}
	if revision == 3 {
		c.Want("40")
	}
	return c
}

// enter opens a session of revision 3 and logs in.
func (s *siege) enter(t testing.TB, user string) *wstest.Client {
	t.Helper()
	c := s.open(t, 3, credentials(user))
	c.Send("40/chat")
	c.Want("40/chat,")
	if got, want := skipNews(c), `42/chat,["login",{"success":true,"id":"`+user+`"}]`; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	return c
}

// alive fails the test unless the session answers, with nothing in front.
func alive(t testing.TB, c *wstest.Client) {
	t.Helper()
	c.Send("2alive")
	c.Want("3alive")
}

// news come when they come: of friends, and mirrors of what earlier sessions of the user said.
var news = []string{`42/chat,["online",`, `42/chat,["offline",`, `42/chat,["yourself",`}

// skipNews returns the next message that is none.
func skipNews(c *wstest.Client) string {
	got := c.Text()
	for slices.ContainsFunc(news, func(n string) bool { return strings.HasPrefix(got, n) }) {
		got = c.Text()
	}
	return got
}
