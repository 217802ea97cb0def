package compat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// The types of docs/protocol.md section 1.
const (
	typeGroup = 1
	typeRoom  = 2
)

// gathering is a group or a room as REST shows it.
type gathering struct {
	ID string
	// Owner is nil for a room.
	Owner      *string
	Members    []string
	Name       string
	Attributes map[string]any
	TS         int64
	Recent     *client.Record
}

// fields are the parts of a JSON object.
type fields map[string]any

// found makes a gathering of the kind, to which tom and jerry belong, and returns its target.
func found(t *testing.T, s *servertest.Node, kind int) client.To {
	t.Helper()
	path, body := "/groups", `{"owner":"tom","members":["jerry"]}`
	if kind == typeRoom {
		path, body = "/rooms", `{"members":["tom","jerry"]}`
	}
	to := client.To{Type: kind}
	a := s.Client().Do(http.MethodPost, path, body)
	if a.Status != http.StatusOK || json.Unmarshal([]byte(a.Body), &to.ID) != nil {
		t.Fatalf("POST %s: %d %s, want an id", path, a.Status, a.Body)
	}
	return to
}

// admit makes user a member.
func admit(t *testing.T, s *servertest.Node, to client.To, user string) {
	t.Helper()
	path := map[int]string{typeGroup: "/groups/", typeRoom: "/rooms/"}[to.Type] + to.ID + "/members"
	if a := s.Client().Do(http.MethodPost, path, `{"members":["`+user+`"]}`); a.Status != http.StatusCreated {
		t.Fatalf("POST %s: %d %s, want 201", path, a.Status, a.Body)
	}
}

// The events of groups and rooms: members hear `message` with the gathering's id, the other sessions of the speaker
// hear `yourself`, whoever is no member neither hears nor is heard.
func TestTalk_InGroupAndRoom(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, twin, jerry, eve := login(t, s, k, "tom"), login(t, s, k, "tom"), login(t, s, k, "jerry"), login(t, s, k, "eve")
		for _, to := range []client.To{found(t, s, typeGroup), found(t, s, typeRoom)} {
			text := func(what string) client.Content { return client.Content{Body: fmt.Sprintf("%s of %d", what, to.Type)} }
			eve.sayTo(to, text("unheard"))
			tom.sayTo(to, text("hello"))
			jerry.hearsExactly("message", "tom", to, text("hello"))
			twin.hearsExactly("yourself", "", to, text("hello"))
			jerry.sayTo(to, text("你好 😀"))
			tom.hearsExactly("message", "jerry", to, text("你好 😀"))
			twin.hearsExactly("message", "jerry", to, text("你好 😀"))

			// What eve says as a member comes after what she said as none.
			admit(t, s, to, "eve")
			eve.sayTo(to, text("fence"))
			jerry.hearsExactly("message", "eve", to, text("fence"))
			tom.sayTo(to, text("for eve too"))
			eve.hearsExactly("message", "tom", to, text("for eve too"))
		}
		for _, c := range []struct {
			who            *session
			heard, mirrors int
		}{{tom, 4, 0}, {twin, 4, 4}, {jerry, 6, 0}, {eve, 2, 0}} {
			c.who.hearsInAll("message", c.heard)
			c.who.hearsInAll("yourself", c.mirrors)
		}
	})
}

// Clients of all generations in one group and one room: each hears all the others.
func TestTalk_AllClientsInGroupAndRoom(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	var all []*session
	for i, k := range kinds {
		all = append(all, login(t, s, k, []string{"tom", "jerry", "mary", "spike", "tyke", "butch"}[i]))
	}
	for _, to := range []client.To{found(t, s, typeGroup), found(t, s, typeRoom)} {
		for _, p := range all[2:] {
			admit(t, s, to, p.user)
		}
		for _, speaker := range all {
			said := client.Content{Body: fmt.Sprintf("%s, type %d", speaker.user, to.Type)}
			speaker.sayTo(to, said)
			for _, p := range all {
				if p != speaker {
					p.hearsExactly("message", speaker.user, to, said)
				}
			}
		}
	}
}

// hearsExactly waits for said and checks that the event has the fields of docs/protocol.md 5.2, and no others. from is
// "" for `yourself`.
func (p *session) hearsExactly(event, from string, to client.To, said client.Content) {
	p.T.Helper()
	var got fields
	p.decode(p.Await(event, func(raw json.RawMessage) bool { return bodyIs(raw, said.Body.(string)) }), &got)
	want := fields{"to": to, "content": said, "ts": got["ts"]}
	if to.Type != typeRoom { // which stores nothing, so nothing is numbered
		want["n"] = got["n"]
	}
	if id, given := got["id"].(string); given && ownID.MatchString(id) { // parley-im draws one for whatever it says
		want["id"] = id
	}
	if from != "" {
		want["from"] = speaker(from, to)
	}
	if g, w := canonical(p.T, got), canonical(p.T, want); g != w {
		p.T.Errorf("%s: heard %s %s, want %s", p.Name, event, g, w)
	}
}

// ownID matches the ids that parley-im draws.
var ownID = regexp.MustCompile(`^[A-Za-z0-9_-]{20}$`)

// hearsInAll waits for the last of count events and checks that no more came.
func (p *session) hearsInAll(event string, count int) {
	p.T.Helper()
	if count > 0 {
		p.AwaitNth(event, count, nil)
	}
	if got := len(p.Heard(event)); got != count {
		p.T.Errorf("%s: heard %d %s, want %d\n%s", p.Name, got, event, count, p.Trouble())
	}
}

// speaker is the `from` of a message to the target.
func speaker(user string, to client.To) fields {
	from := fields{"id": user, "type": to.Type}
	if to.Type != 0 {
		from["gid"] = to.ID
	}
	return from
}

// canonical writes v with its keys sorted.
func canonical(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sorted returns a sorted copy.
func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }
