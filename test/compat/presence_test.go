package compat

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// grace is how long a user stays online after the last session: long enough that a reconnect is no news.
const grace = 2 * time.Second

// Friends hear a user come with the first session, and go when the last one is gone for a while, whether it said
// goodbye or was cut; further sessions and a quick reconnect are no news. Whatever would have been heard of those comes
// before the events that are caused after them.
func TestPresence_IsOfUsersNotOfSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *servertest.Node, k kind) {
		jerry := login(t, s, k, "jerry")
		for _, friend := range []string{"tom", "mary"} {
			jerry.befriend(friend)
		}
		tom, twin, mary, spike := login(t, s, k, "tom"), login(t, s, k, "tom"), login(t, s, k, "mary"), login(t, s, k, "spike")
		jerry.hearsOf("online", "tom", "mary")
		jerry.befriend("spike") // whose coming is past: only the going will be heard

		twin.Do("goodbye")
		dropped := time.Now()
		tom.Do("drop", true)
		tom.AwaitNth("login", 2, nil)
		if took := time.Since(dropped); took >= grace {
			t.Logf("the machine stood still: a reconnect that takes %v is news", took)
			return
		}
		gone := func(leave func(), users ...string) {
			t.Helper()
			began := time.Now()
			leave()
			jerry.hearsOf("offline", users...)
			if took := time.Since(began); took < grace {
				t.Errorf("%q went offline after %v, want %v or more", users, took, grace)
			}
		}
		gone(func() { mary.Do("goodbye"); spike.Do("drop", false) }, "mary", "spike")
		gone(func() { tom.Do("goodbye") }, "tom")

		want := []string{"offline mary", "offline spike", "offline tom", "online mary", "online tom"}
		if got := jerry.presence(); !slices.Equal(got, want) {
			t.Errorf("jerry heard %q, want %q", got, want)
		}
		for _, p := range []*session{tom, twin, mary, spike} {
			if got := p.presence(); len(got) != 0 {
				t.Errorf("%s heard %q, but nothing was news to it", p.Name, got)
			}
		}
	})
}

// hearsOf waits for the event about each of the users: its argument is the bare id.
func (p *session) hearsOf(event string, users ...string) {
	p.T.Helper()
	for _, user := range users {
		p.Await(event, func(raw json.RawMessage) bool { return string(raw) == `"`+user+`"` })
	}
}

// presence lists the presence events that the session has heard, sorted.
func (p *session) presence() (out []string) {
	for _, e := range p.Heard("online", "offline") {
		out = append(out, e.Name+" "+strings.Trim(string(e.Arg), `"`))
	}
	return sorted(out)
}
