package dialog_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/dialog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// The passenger and the user of the last have the same id.
var contactDialogs = map[string]im.Address{
	"strangers": im.StrangerDialog("app", "tom", "jerry"),
	"passenger": im.PassengerDialog("app", "tom", "jerry"),
	"namesakes": im.PassengerDialog("app", "tom", "tom"),
}

// introduces says that both exist; byPassenger that the passenger speaks.
func introduces(cmd *pb.Command) *pb.Command {
	cmd.GetSay().Introduced = true
	return cmd
}

func byPassenger(cmd *pb.Command) *pb.Command {
	cmd.GetSay().ByPassenger = true
	return cmd
}

var contactCommands = rapid.Custom(func(t *rapid.T) *pb.Command {
	cmd := commands.Draw(t, "command")
	if say := cmd.GetSay(); say != nil {
		say.Introduced, say.ByPassenger = rapid.Bool().Draw(t, "introduced"), rapid.Bool().Draw(t, "by passenger")
	}
	return cmd
})

// Whatever strangers, or a passenger and a user, do, the log alone gives the same state again.
func TestContacts_ReplayEqualsLive(t *testing.T) {
	for name, at := range contactDialogs {
		t.Run(name, func(t *testing.T) {
			coretest.ReplayEqualsLive(t, func() core.Core { return dialog.New(at) }, contactCommands)
		})
	}
}

// Whatever snapshot, event and command come: see coretest.Fuzz.
func FuzzStrangers(f *testing.F) { fuzzContacts(f, "strangers") }

// FuzzNamesakes is the same for a passenger and a user, whom their ids do not tell apart.
func FuzzNamesakes(f *testing.F) { fuzzContacts(f, "namesakes") }

func fuzzContacts(f *testing.F, name string) {
	coretest.Fuzz{Fresh: func() core.Core { return dialog.New(contactDialogs[name]) }, Commands: contactCommands}.Run(f)
}

// Strangers need no friendship, but somebody who has seen that both exist, once. There is no friendship here.
func TestContacts_TalkOnceIntroduced(t *testing.T) {
	w := &coretest.World{Core: dialog.New(contactDialogs["strangers"])}
	w.Try(t, "a message", say("tom", "jerry", "hi"), im.NotFound)
	w.Try(t, "somebody else's", introduces(say("spike", "tom", "hi")), im.Invalid)
	w.Try(t, "one to oneself", introduces(say("tom", "tom", "hi")), im.Invalid)
	w.Try(t, "a passenger's", byPassenger(introduces(say("tom", "jerry", "hi"))), im.Invalid)
	w.Try(t, "a friendship", befriend("tom", "jerry"), im.Unsupported)
	w.Try(t, "its end", unfriend("tom"), im.Unsupported)
	w.Try(t, "its reading", friendship, im.Unsupported)
	w.Try(t, "an introduction", introduces(say("jerry", "tom", "hi")), coretest.Done)
	w.Try(t, "an answer", say("tom", "jerry", "hi"), coretest.Done)
	w.Try(t, "a second introduction", introduces(say("tom", "jerry", "hi")), coretest.Done)
	if w.Head.N != 3 || w.Head.Seq != 4 {
		t.Errorf("%d messages in %d events, want 3 and one introduction", w.Head.N, w.Head.Seq)
	}
	friends := begin()
	friends.Try(t, "an introduction of friends", introduces(say("tom", "jerry", "hi")), im.NotPermitted)
}

// The first message is answered by its own number and stamp, and when both know of each other. A repeat finds it under its id,
// which is that of the first event.
//
// Checked by breaking it: it fails when the introduction comes first, and when the answer does not wait.
func TestContacts_FirstMessageIsTheFirstEvent(t *testing.T) {
	w := &coretest.World{Core: dialog.New(contactDialogs["strangers"])}
	d, tells, err := w.Do(introduces(say("tom", "jerry", "hi")))
	if err != nil || !d.AfterTold || len(d.Events) != 2 {
		t.Fatalf("decision %+v, %v; want two events and that the answer waits", d, err)
	}
	first := d.Events[0]
	if got := d.Reply.GetSay(); first.N != 1 || got.N != 1 || got.Ts != int64(first.TS) {
		t.Errorf("answer %v, first event %+v; want number 1 at its stamp", got, first)
	}
	var facts []string
	for _, tell := range tells[2:] {
		facts = append(facts, tell.To.ID+" "+tell.Item.GetContact().GetPeer())
	}
	if len(facts) != 2 || facts[0] != "jerry tom" || facts[1] != "tom jerry" {
		t.Errorf("told %v, want each of the other", facts)
	}
	if d, _, _ := w.Do(say("jerry", "tom", "hi")); d.AfterTold || len(d.Events) != 1 {
		t.Errorf("the second message is %+v, want one event", d)
	}
}

// Both parties get the message with its source, which tells the directions of a passenger dialog apart; each at its own
// address, also when the ids are the same.
//
// Checked by breaking it: it fails when the sides are told apart by their ids.
func TestContacts_TellBothSides(t *testing.T) {
	tom, jerry, guest := im.User("app", "tom"), im.User("app", "jerry"), im.Passenger("app", "tom")
	for _, c := range []struct {
		dialog            string
		cmd               *pb.Command
		speaker, listener im.Address
		source            pb.Source
	}{
		{"strangers", say("tom", "jerry", "hi"), tom, jerry, pb.Source_STRANGER},
		{"strangers", say("jerry", "tom", "hi"), jerry, tom, pb.Source_STRANGER},
		{"passenger", byPassenger(say("tom", "jerry", "hi")), guest, jerry, pb.Source_PASSENGER},
		{"passenger", say("jerry", "tom", "hi"), jerry, guest, pb.Source_TO_PASSENGER},
		{"namesakes", byPassenger(say("tom", "tom", "hi")), guest, tom, pb.Source_PASSENGER},
		{"namesakes", say("tom", "tom", "hi"), tom, guest, pb.Source_TO_PASSENGER},
	} {
		w := &coretest.World{Core: dialog.New(contactDialogs[c.dialog])}
		_, tells, err := w.Do(introduces(c.cmd))
		if err != nil || len(tells) != 4 {
			t.Fatalf("%s: %d tells, %v", c.dialog, len(tells), err)
		}
		d := tells[0].Item.GetDelivery()
		if tells[0].To != c.listener || tells[1].To != c.speaker || tells[1].Item != tells[0].Item {
			t.Errorf("%s: told %v and %v, want %v and %v", c.dialog, tells[0].To, tells[1].To, c.listener, c.speaker)
		}
		if d.Source != c.source || d.From != c.speaker.ID || d.To != c.listener.ID || d.N != 1 {
			t.Errorf("%s: delivery %v, want source %v", c.dialog, d, c.source)
		}
	}
	w := &coretest.World{Core: dialog.New(contactDialogs["passenger"])}
	w.Try(t, "the passenger as a user", introduces(say("tom", "jerry", "hi")), im.Invalid)
	w.Try(t, "the user as a passenger", byPassenger(introduces(say("jerry", "tom", "hi"))), im.Invalid)
}
