package compat

import (
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/puppet"
)

// A wrong key is answered 5003 and the client stays out: `linger` lets its process end only when it holds no socket
// and no timer, so a client that meant to reconnect would be seen to do it instead.
func TestLogin_WrongKeyIsRefusedAndStaysOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *servertest.Node, k kind) {
		p, answer := open(t, s, k, "tom", "not the key")
		if answer.Success || answer.Error != 5003 {
			t.Fatalf("login answered %+v, want refusal with 5003", answer)
		}
		var reason string
		p.decode(p.Await("disconnect", nil), &reason)
		want := "io server disconnect"
		if k.isOwn() {
			want = "io client disconnect" // it leaves when it hears that it was refused, and does not rely on being sent away
		}
		if reason != want {
			t.Errorf("disconnected by %q, want %q", reason, want)
		}
		p.Do("linger")
		p.Await("exit", nil)
		if got := len(p.Heard("login")); got != 1 || !slices.ContainsFunc(p.Heard(), isIdle) {
			t.Errorf("got %d login answers, idle at the end: %s", got, p.Trouble())
		}
	})
}

func isIdle(e puppet.Event) bool { return e.Name == "idle" }

// The counterpart, which also shows that the test above would notice: when only the transport goes, each of these
// clients comes back by itself, logs in again and hears what is said to it then.
func TestLogin_ComesBackAfterTheServerDied(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, jerry := login(t, s, k, "tom"), login(t, s, k, "jerry")
		tom.befriend("jerry")
		s.Kill()
		s.Restart()
		for _, p := range []*session{tom, jerry} {
			p.AwaitNth("login", 2, nil)
		}
		tom.say("jerry", "still friends")
		jerry.hears("message", "still friends")
	})
}

// Clients keep what is said while they are away and send it as soon as they are connected again, without waiting for
// the answer to their login: it must not get lost there.
func TestTalk_WhatIsSaidWhileAwayArrives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom := login(t, s, k, "tom")
		tom.befriend("jerry")
		s.Kill()
		tom.Await("disconnect", nil)
		tom.say("jerry", "said while away")
		s.Restart()
		tom.AwaitNth("login", 2, nil)
		jerry := login(t, s, k, "jerry")
		tom.say("jerry", "fence")
		jerry.hears("message", "fence")
		got := jerry.history("tom", 0, 50)
		if len(got) != 2 || got[0].Text() != "said while away" || got[1].Text() != "fence" {
			t.Errorf("history is %+v, want what was said while away, then the fence", got)
		}
	})
}

// Whoever is no friend is not heard, and nothing of it is kept. When the answer to a later message has come, an
// earlier one would have come before it.
func TestTalk_NonFriendsHearNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, eve, mallory := login(t, s, k, "tom"), login(t, s, k, "eve"), login(t, s, k, "mallory")
		eve.befriend("mallory")
		eve.say("tom", "unheard")
		eve.say("mallory", "fence")
		mallory.hears("message", "fence")
		eve.befriend("tom")
		eve.say("tom", "heard")
		if h := tom.hears("message", "heard"); h.N != 1 {
			t.Errorf("the first message of friends has n %d, want 1", h.N)
		}
		for _, p := range []*session{tom, eve, mallory} {
			if p.heardText("unheard") {
				t.Errorf("%s heard what was said to no friend", p.Name)
			}
		}
		if got := tom.history("eve", 0, 50); len(got) != 1 || got[0].Text() != "heard" {
			t.Errorf("history of tom and eve is %+v, want only what was said among friends", got)
		}
	})
}
