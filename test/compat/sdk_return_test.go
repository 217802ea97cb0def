package compat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// A message whose answer was lost with the connection is sent again, under the same id, and stored once.
//
// Checked by breaking it: with another id for each attempt it is stored twice.
func TestOwnSDK_AMessageWhoseAnswerWasLostIsStoredOnce(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		l := startLink(t, s.Listen)
		tom, _ := enter(t, s, k, "tom", fields{"userId": "tom", "server": l.url()})
		jerry := login(t, s, k, "jerry")
		jerry.befriend("tom")
		for i := range 3 {
			text := fmt.Sprint("once ", i)
			l.deafen()
			id := tom.tell(client.To{ID: "jerry"}, text)
			jerry.hears("message", text) // so it is stored, and tom cannot know
			l.cut()
			got, states := tom.ends("sent", id)
			if states != "sent waiting sent stored" || got.N != uint64(i)+1 || !got.Duplicate {
				t.Errorf("%s: %+v by %q", text, got, states)
			}
		}
		if got := jerry.history("tom", 0, 50); len(got) != 3 {
			t.Errorf("history is %+v, want each once", got)
		}
		jerry.hearsInAll("message", 3)
	})
}

// What is said while the server is down waits, and is stored once, in its order, when it is there again.
func TestOwnSDK_WhatIsSaidWhileTheServerIsDownIsStoredOnce(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, _ := enter(t, s, k, "tom", fields{"userId": "tom"})
		tom.befriend("jerry")
		s.Kill()
		tom.Await("state", func(raw json.RawMessage) bool { return string(raw) == `"connecting"` })
		var ids []string
		for i := range 5 {
			ids = append(ids, tom.tell(client.To{ID: "jerry"}, fmt.Sprint("line ", i)))
		}
		s.Restart()
		for i, id := range ids {
			if got, states := tom.ends("sent", id); states != "waiting sent stored" || got.N != uint64(i)+1 || got.Duplicate {
				t.Errorf("line %d: %+v by %q", i, got, states)
			}
		}
		var texts []string
		for _, r := range tom.history("jerry", 0, 50) {
			texts = append(texts, r.Text())
		}
		if want := []string{"line 0", "line 1", "line 2", "line 3", "line 4"}; !slices.Equal(texts, want) {
			t.Errorf("history has %q, want %q", texts, want)
		}
		if got := tom.states(); !slices.Equal(got, []string{"online", "connecting", "online"}) {
			t.Errorf("the states were %q", got)
		}
	})
}

// Who pauses is gone for friends, and what is said waits; who resumes is back. After logout the device is nobody's, nothing can be said, and
// the page may log in again.
func TestOwnSDK_PauseResumeLogout(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		jerry := login(t, s, k, "jerry")
		jerry.befriend("tom")
		tom, _ := enter(t, s, k, "tom", fields{"userId": "tom", "installId": "phone"})
		jerry.hearsOf("online", "tom")
		if got := installs(t, s, "tom"); !slices.Equal(got, []string{"phone"}) {
			t.Errorf("the devices of tom are %q, want the phone", got)
		}

		tom.Do("pause")
		jerry.hearsOf("offline", "tom")
		id := tom.tell(client.To{ID: "jerry"}, "said while away")
		tom.Do("resume")
		if _, states := tom.ends("sent", id); states != "waiting sent stored" {
			t.Errorf("what was said in the pause went by %q", states)
		}
		jerry.hears("message", "said while away")
		jerry.AwaitNth("online", 2, nil)

		if a := tom.asks("logout"); a.Code != 0 || string(a.Answer) != "{}" {
			t.Errorf("logout is answered %+v", a)
		}
		jerry.AwaitNth("offline", 2, nil)
		if got := installs(t, s, "tom"); len(got) != 0 {
			t.Errorf("after logout the devices of tom are %q, want none", got)
		}
		if got, states := tom.ends("unsent", tom.tell(client.To{ID: "jerry"}, "unheard")); got.Code != codeCancelled || states != "failed" {
			t.Errorf("after logout a message ended %+v by %q", got, states)
		}
		tom.Do("resume")
		tom.AwaitNth("login", 3, nil)
		want := []string{"online", "paused", "connecting", "online", "closed", "connecting", "online"}
		if got := tom.states(); !slices.Equal(got, want) {
			t.Errorf("the states were %q, want %q", got, want)
		}
	})
}

// installs lists the devices that are bound to a user.
func installs(t *testing.T, s *servertest.Node, user string) []string {
	t.Helper()
	var info struct{ Installs []string }
	if text := s.Client().Expect(http.MethodGet, "/ctx/"+user, http.StatusOK); json.Unmarshal([]byte(text), &info) != nil {
		t.Fatalf("/ctx/%s: %s", user, text)
	}
	return info.Installs
}
