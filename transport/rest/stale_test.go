package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

// Without a majority histories are read as this node has them, marked as stale; where it has nothing, nobody can say that
// there is nothing. Other failures are no reason for that.
//
// Checked by breaking it: an answer that is not marked, an empty one, and one in spite of another failure are noticed.
func TestHistory_GoesOnWithoutAMajority(t *testing.T) {
	t.Parallel()
	w := gathered(t)
	w.say(t, 1, 1_479_000_000_000, "tom", "jerry", text(`"hi"`))
	h := newHandler(w)
	const friends, group = "/ctx/jerry/friends/tom/chats", "/groups/g1/chats"
	fresh := map[string]string{}
	for _, target := range []string{friends, group} {
		got := ask(h, "GET", target, "", nil)
		if got.Code != http.StatusOK || got.Header().Get("X-Parley-Stale") != "" {
			t.Fatalf("%s: %d, stale %q", target, got.Code, got.Header().Get("X-Parley-Stale"))
		}
		fresh[target] = got.Body.String()
	}
	w.failing = im.E("x", im.Unavailable, "")
	for target, want := range fresh {
		got := ask(h, "GET", target, "", nil)
		if got.Code != http.StatusOK || got.Body.String() != want || got.Header().Get("X-Parley-Stale") != "true" {
			t.Errorf("%s: %d %s, stale %q; want %s", target, got.Code, got.Body, got.Header().Get("X-Parley-Stale"), want)
		}
	}
	for _, target := range []string{"/ctx/jerry/friends/nobody/chats", "/groups/nothing/chats", "/ctx/jerry/strangers/tom/chats"} {
		got := ask(h, "GET", target, "", nil)
		if got.Code != http.StatusServiceUnavailable || !strings.HasPrefix(got.Body.String(), `{"errorCode":5013`) {
			t.Errorf("%s: %d %s, want 503", target, got.Code, got.Body)
		}
	}
	w.failing = im.E("x", im.Overloaded, "")
	if got := ask(h, "GET", friends, "", nil); got.Code != http.StatusServiceUnavailable || got.Header().Get("X-Parley-Stale") != "" {
		t.Errorf("overloaded: %d %s", got.Code, got.Body)
	}
}
