package compat

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// lines are said in turn by tom and jerry: plain, CJK, characters outside the basic plane, what JSON must escape with
// Latin-1 and nothing above, which servers may take for UTF-8 twice encoded.
var lines = []string{
	"hello", "你好,世界", "😀👩‍👩‍👧 and 𝄞", `quotes " and \ and </script> in a café`, "tab\tand\nline", "こんにちは 안녕",
}

// The main scenario: two users log in, become friends and talk both ways; the other sessions of a speaker see
// `yourself`, the speaking one hears nothing of its own; history is the same from both sides, oldest first.
func TestTalk_BetweenFriends(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, twin, jerry := login(t, s, k, "tom"), login(t, s, k, "tom"), login(t, s, k, "jerry")
		tom.befriend("jerry")
		talk(t, tom, twin, jerry)
		history(t, tom, jerry)
	})
}

// Clients of different generations in one conversation.
func TestTalk_OldAndNewClients(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	tom, twin, jerry := login(t, s, maxleap, "tom"), login(t, s, io14, "tom"), login(t, s, io48, "jerry")
	tom.befriend("jerry")
	talk(t, tom, twin, jerry)
	history(t, tom, jerry)
}

// talk lets tom and jerry say lines in turn. twin is another session of tom.
func talk(t *testing.T, tom, twin, jerry *session) {
	t.Helper()
	var wantTom, wantTwin, wantJerry []string
	for i, line := range lines {
		if i%2 == 0 {
			tom.say(jerry.user, line)
			checkMessage(t, jerry, jerry.hears("message", line), tom.user)
			checkYourself(t, twin, twin.hears("yourself", line), jerry.user)
			wantJerry, wantTwin = append(wantJerry, line), append(wantTwin, line)
			continue
		}
		jerry.say(tom.user, line)
		checkMessage(t, tom, tom.hears("message", line), jerry.user)
		twin.hears("message", line)
		wantTom = append(wantTom, line)
	}
	// tom and jerry each heard the last line of the other after all that they said themselves: what they did not hear
	// by then does not come.
	for _, c := range []struct {
		who   *session
		event string
		want  []string
	}{
		{tom, "message", wantTom},
		{twin, "message", wantTom},
		{jerry, "message", wantJerry},
		{tom, "yourself", nil},
		{twin, "yourself", wantTwin},
		{jerry, "yourself", nil},
	} {
		if got := c.who.texts(c.event); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %s %q, want %q", c.who.Name, c.event, got, c.want)
		}
	}
}

// checkMessage checks the field duties of `message` (docs/protocol.md 5.2).
func checkMessage(t *testing.T, at *session, h client.Heard, from string) {
	t.Helper()
	if h.From == nil || h.From.ID != from || h.From.Type == nil || *h.From.Type != 0 {
		t.Errorf("%s: from is %+v, want %s of type 0", at.Name, h.From, from)
	}
	if h.To != (client.To{ID: at.user}) || h.TS == 0 || h.N == 0 {
		t.Errorf("%s: got %+v, want to %s of type 0, with ts and n", at.Name, h, at.user)
	}
}

// checkYourself checks the field duties of `yourself`: it has no from.
func checkYourself(t *testing.T, at *session, h client.Heard, to string) {
	t.Helper()
	if h.From != nil || h.To != (client.To{ID: to}) || h.TS == 0 || h.N == 0 {
		t.Errorf("%s: got %+v, want to %s without from, with ts and n", at.Name, h, to)
	}
}

// history checks that both sides read all lines, oldest first, and that pages are the newest before ts.
func history(t *testing.T, tom, jerry *session) {
	t.Helper()
	all := tom.history("jerry", 0, 50)
	for i, r := range all {
		speaker := []string{"tom", "jerry"}[i%2]
		if i >= len(lines) || r.Text() != lines[i] || r.Speaker != speaker || r.N != uint64(i)+1 {
			t.Errorf("record %d is %+v", i+1, r)
		}
		if i > 0 && r.TS <= all[i-1].TS {
			t.Errorf("ts of record %d does not grow: %d after %d", i+1, r.TS, all[i-1].TS)
		}
	}
	if len(all) != len(lines) {
		t.Fatalf("history has %d records, want %d", len(all), len(lines))
	}
	same(t, jerry.history("tom", 0, 50), all)
	same(t, jerry.history("tom", all[4].TS, 2), all[2:4])
}

func same(t *testing.T, got, want []client.Record) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("got %s, want %s", g, w)
	}
}
