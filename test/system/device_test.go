package system

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// An installation belongs to the user who logged in with it last, from the moment at which the login is answered, and
// until that user logs out: by REST, or by the event, which ends the stay, too. All of that outlives a crash.
func TestDevice_BelongsToOneUserAtATime(t *testing.T) {
	n := servertest.Start(t)
	with := func(install string) client.Options { return client.Options{Install: install} }
	owns := func(user string, want ...string) {
		t.Helper()
		if got := installs(t, n, user); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s has %v, want %v", user, got, want)
		}
	}
	login(t, n, "tom", with("phone"))
	tablet := login(t, n, "tom", with("tablet"))
	owns("tom", "phone", "tablet")
	login(t, n, "jerry", with("phone"))
	owns("jerry", "phone")
	owns("tom", "tablet")
	login(t, n, "tom", client.Options{}) // without one: nothing changes
	owns("tom", "tablet")

	n.Client().Expect(http.MethodDelete, "/ctx/tom/installs/phone", http.StatusNoContent) // not tom's any more
	owns("jerry", "phone")
	n.Client().Expect(http.MethodDelete, "/ctx/jerry/installs/phone", http.StatusNoContent)
	n.Client().Expect(http.MethodDelete, "/ctx/jerry/installs/phone", http.StatusNoContent)
	owns("jerry")

	n.Kill()
	n.Restart()
	owns("jerry")
	owns("tom", "tablet")
	<-tablet.Done()
	tablet = login(t, n, "tom", with("tablet"))
	if err := tablet.Logout(); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the client is told to stay away", tablet.Dismissed)
	owns("tom")
	login(t, n, "tom", with("phone"))
	owns("tom", "phone")
}

func installs(t *testing.T, n *servertest.Node, user string) []string {
	t.Helper()
	var info struct{ Installs []string }
	body := n.Client().Expect(http.MethodGet, "/ctx/"+user, http.StatusOK)
	if err := json.Unmarshal([]byte(body), &info); err != nil {
		t.Fatal(err)
	}
	return info.Installs
}
