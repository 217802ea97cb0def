package hostile

import (
	"encoding/json"
	"fmt"
	"net/url"
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
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"`+user+`"}]`)
	return c
}

// alive fails the test unless the session answers, with nothing in front.
func alive(t testing.TB, c *wstest.Client) {
	t.Helper()
	c.Send("2alive")
	c.Want("3alive")
}
