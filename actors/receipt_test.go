package actors_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func failure(kind im.ErrorKind) error { return im.E("test.hub", kind, "") }

// The answer to a login leaves only when the hubs listen: until then, other commands are answered, and it is not.
func TestShell_AnswerWaitsForTheHubs(t *testing.T) {
	l := begin(t, newLog(t), newHub(), 1, nil)
	l.must(tom, login())
	l.hub.hinderNext("listen", tom, hindrance{later: true})
	answered := make(chan *pb.Reply, 1)
	l.send(tom, login(), func(r *pb.Reply) { answered <- r })
	await(t, "the hub was asked", func() bool { return l.hub.open() == 1 })
	l.must(tom, profile())
	if len(answered) > 0 {
		t.Error("the login was answered before the hub was done")
	}
	l.hub.release(nil)
	if r := <-answered; r.Err("login") != nil {
		t.Errorf("answered %v", r)
	}
}

// What nobody is certain to have taken is answered so that it is sent again: with Retry only if nothing went out.
func TestShell_UntakenIsAnsweredWithAnError(t *testing.T) {
	l := begin(t, newLog(t), newHub(), 1, nil)
	l.must(tom, login())
	for _, c := range []struct{ say, want im.ErrorKind }{
		{im.Retry, im.Retry}, {im.Unavailable, im.Unavailable}, {im.Overloaded, im.Unavailable},
	} {
		for _, later := range []bool{false, true} {
			l.hub.hinderNext("listen", tom, hindrance{later, failure(c.say)})
			if got := im.KindOf(l.deliver(tom, login(), patient).Err("login")); got != c.want {
				t.Errorf("later %v: hub says %v, caller hears %v, want %v", later, c.say, got, c.want)
			}
		}
	}
}

// Messages that a hub could not take are told again until it can: each arrives, in order, none twice. The actor says nothing behind one that was refused, for a session would then drop it as a repeat.
//
// Checked by breaking it: it fails when emitToSessions goes on after an error.
func TestShell_WhatAHubCouldNotTakeIsToldAgain(t *testing.T) {
	l := friends(t, nil)
	calls := 0
	l.hub.setHinder(func(call string, u im.Address) (later bool, err error) {
		if call == "deliver" && u == jerry {
			if calls++; slices.Contains([]int{1, 2, 5, 7, 8}, calls) {
				err = failure(im.Unavailable)
			}
		}
		return false, err
	})
	var want []uint64
	for i := range 40 {
		l.must(pair, say(fmt.Sprint("m", i), "tom", "jerry"))
		want = append(want, uint64(i+1))
	}
	await(t, "all arrives", func() bool { return len(l.hub.numbers("jerry", pair)) == len(want) })
	if got := l.hub.numbers("jerry", pair); !slices.Equal(got, want) {
		t.Errorf("arrived %v", got)
	}
}

// A membership is stored when the hub cannot listen. Told again it is no news to the user, and the hub must be asked all
// the same.
//
// Checked by breaking it: it fails when the user's core names the room to the hub for a new fact only.
func TestShell_ListenThatFailedIsRepeated(t *testing.T) {
	for _, later := range []bool{false, true} {
		t.Run(fmt.Sprint("later ", later), func(t *testing.T) {
			l := begin(t, newLog(t), newHub(), 1, nil)
			l.must(jerry, login())
			lobby := im.Room(app, "lobby")
			l.must(lobby, create("", "tom"))
			l.hub.hinderNext("listen", jerry, hindrance{later, failure(im.Unavailable)}, hindrance{later, failure(im.Retry)})
			l.must(lobby, addMembers("a", "jerry"))
			if !l.hub.listens(jerry, "lobby") {
				t.Error("jerry joined, and the hub does not know")
			}
		})
	}
}

// After a failover nobody's sessions hear that friends are there, who were there before: neither the friend's activation nor
// the user's remembers. That one goes is heard then.
//
// Checked by breaking it: it fails when settled forgets that all others were told (proclaimed).
func TestShell_FailoverIsSilent(t *testing.T) {
	log, hub := newLog(t), newHub()
	short := func(_ *life, o *actors.Options) { o.OfflineAfter = time.Millisecond }
	l := begin(t, log, hub, 1, short)
	l.must(pair, befriend("tom", "jerry"))
	l.must(tom, login())
	l.must(jerry, login())
	attend(l, jerry, true)
	l.must(tom, profile()) // behind what jerry's says
	attend(l, tom, true)
	hub.setLoud(tom, true)
	attend(l, tom, true)
	heard := []string{"all but [jerry]: +tom", "jerry: +tom"}
	await(t, "jerry and all others hear of tom", func() bool { return slices.Equal(hub.announcedSorted(), heard) })
	l.end()

	again := begin(t, log, hub, 2, short)
	again.must(jerry, profile())
	again.must(tom, profile())
	await(t, "each knows of the other again", func() bool { return awake(again, jerry) && awake(again, tom) })
	attend(again, tom, true)
	if got := hub.announcedSorted(); !slices.Equal(got, heard) {
		t.Errorf("heard %q", got)
	}
	hub.setLoud(tom, false)
	attend(again, tom, false)
	heard = []string{"all but [jerry]: +tom", "all but [jerry]: -tom", "jerry: +tom", "jerry: -tom"}
	await(t, "jerry and all others hear that tom went", func() bool { return slices.Equal(hub.announcedSorted(), heard) })
}

// awake reports whether u's actor answers, behind what its friends told it.
func awake(l *life, u im.Address) bool { return l.deliver(u, profile(), patient).Err("profile") == nil }

// While it is not certain who is there, an actor says nothing of presence, and does not sleep; when it is, who was there
// before comes silently, and whoever comes then is announced.
func TestShell_LooksOnceItIsCertain(t *testing.T) {
	hub := newHub()
	l := begin(t, newLog(t), hub, 1, func(_ *life, o *actors.Options) { o.IdleAfter = 10 * time.Millisecond })
	l.must(pair, befriend("tom", "jerry"))
	await(t, "all sleep", func() bool { return l.host.Active()[im.KindUser] == 0 })
	hub.setHinder(func(call string, _ im.Address) (bool, error) { return call == "settle", nil })
	l.must(jerry, login())
	l.must(tom, login())
	attend(l, jerry, true)
	attend(l, tom, true)
	hub.believe(jerry, "tom")
	hub.believe(tom, "jerry")
	hub.setHinder(nil)
	if n := hub.release(nil); n != 2 {
		t.Fatalf("%d actors asked, want 2", n)
	}
	l.must(jerry, profile())
	l.must(tom, profile())
	l.must(jerry, profile())
	if got := hub.announced(); got != "" {
		t.Errorf("announced %q", got)
	}
	if got := l.must(tom, profile()).GetProfile().GetSessions(); got != 1 {
		t.Errorf("tom has %d sessions, want 1", got)
	}
}

// An actor that cannot get certainty asks again.
func TestShell_AsksAgainWhoIsThere(t *testing.T) {
	hub := newHub()
	hub.hinderNext("settle", jerry, hindrance{false, failure(im.Retry)}, hindrance{true, failure(im.Retry)})
	l := begin(t, newLog(t), hub, 1, nil)
	l.must(pair, befriend("tom", "jerry"))
	l.must(tom, login())
	attend(l, jerry, true)
	attend(l, tom, true)
	await(t, "jerry is known to be there", func() bool {
		attend(l, tom, false)
		attend(l, tom, true)
		l.Nudge(&pb.Nudge{To: pb.NewAddress(jerry), Body: &pb.Nudge_Presence{
			Presence: &pb.Presence{User: "tom", Online: hub.announced() == "jerry: -tom"},
		}})
		return hub.announced() != ""
	})
}
