package dialog_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/dialog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var address = im.FriendDialog("app", "tom", "jerry")

// commands draws well-formed commands of both parties, a stranger's, and repeats.
var commands = rapid.Custom(func(t *rapid.T) *pb.Command {
	who := rapid.SampledFrom([]string{"tom", "jerry", "spike"})
	from, to := who.Draw(t, "from"), who.Draw(t, "to")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return befriend(from, to)
	case 1:
		return unfriend(from)
	case 2:
		return friendship
	case 3:
		return &pb.Command{Body: &pb.Command_Login{Login: &pb.Login{}}} // not a dialog's
	default:
		return say(from, to, rapid.StringMatching(`[a-z]{0,8}`).Draw(t, "body"))
	}
})

func say(from, to, body string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Say{Say: &pb.Say{From: from, To: to, Content: &pb.Content{Body: []byte(`"` + body + `"`)}}}}
}

func befriend(from, to string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Befriend{Befriend: &pb.Befriend{From: from, To: to}}}
}

func unfriend(by string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: by}}}
}

var friendship = &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}}

// Whatever two users do to their relation, the log alone gives the same state again.
func TestDialog_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return dialog.New(address) }, commands)
}

func begin() *coretest.World { return &coretest.World{Core: dialog.New(address)} }

// Only friends talk: before and after the friendship a message is refused and leaves no event.
func TestDialog_OnlyFriendsTalk(t *testing.T) {
	w := begin()
	w.Try(t, "a stranger's message", say("tom", "jerry", "hi"), im.NotPermitted)
	w.Try(t, "friendship", befriend("tom", "jerry"), coretest.Done)
	w.Try(t, "a friend's message", say("jerry", "tom", "hi"), coretest.Done)
	w.Try(t, "somebody else's message", say("spike", "tom", "hi"), im.Invalid)
	w.Try(t, "a message to oneself", say("tom", "tom", "hi"), im.Invalid)
	w.Try(t, "the end", unfriend("jerry"), coretest.Done)
	w.Try(t, "a message afterwards", say("tom", "jerry", "hi"), im.NotPermitted)
	if w.Head.N != 1 {
		t.Errorf("messages stored = %d, want 1", w.Head.N)
	}
}

// from and to are kept from the first call, whoever asks again after an end.
func TestDialog_KeepsWhoAskedFirst(t *testing.T) {
	w := begin()
	w.Try(t, "jerry asks", befriend("jerry", "tom"), coretest.Done)
	w.Try(t, "tom asks, too", befriend("tom", "jerry"), coretest.Done)
	w.Try(t, "the end", unfriend("tom"), coretest.Done)
	w.Try(t, "tom asks again", befriend("tom", "jerry"), coretest.Done)
	d, err := w.Core.Decide(friendship, 9)
	if err != nil {
		t.Fatal(err)
	}
	got := d.Reply.GetFriendship()
	if got.From != "jerry" || got.To != "tom" || got.Since != 3 {
		t.Errorf("friendship = %v, want from jerry to tom since 3", got)
	}
}

// Whatever is stored already gets its first answer, also when the friendship has ended, or begun anew, since.
//
// Checked by breaking it: it fails when an end or a beginning that is repeated is decided anew.
func TestDialog_RepeatGetsTheFirstAnswer(t *testing.T) {
	w := begin()
	type answer struct {
		cmd   *pb.Command
		at    im.StoredAt
		first *pb.Reply
	}
	var answers []answer
	for _, cmd := range []*pb.Command{
		befriend("jerry", "tom"), say("tom", "jerry", "hi"), unfriend("tom"), befriend("tom", "jerry"), unfriend("jerry"),
	} {
		d, _, err := w.Do(cmd)
		if err != nil {
			t.Fatal(err)
		}
		ev, first := d.Events[0], &pb.Reply{}
		proto.Merge(first, d.Reply)
		if said := first.GetSay(); said != nil {
			said.Duplicate = true
		}
		answers = append(answers, answer{cmd, im.StoredAt{Seq: ev.Seq, N: ev.N, TS: ev.TS}, first})
	}
	d := w.Core.(*dialog.Dialog)
	for _, a := range answers {
		if got, _ := d.Repeat(a.cmd, a.at); !proto.Equal(got, a.first) {
			t.Errorf("repeat of %v is answered %v, want %v", a.cmd, got, a.first)
		}
	}
}

// A message is told to its listener and to its speaker, who mirrors it, with the same number and stamp.
func TestDialog_TellsBothSides(t *testing.T) {
	d := dialog.New(address)
	said := &pb.Said{Speaker: "tom", Content: &pb.Content{Body: []byte(`"hi"`)}, OriginSession: "s1"}
	ev := core.Event{Seq: 2, N: 1, TS: 7, Owes: true, Body: &pb.Event{Body: &pb.Event_Said{Said: said}}}
	tells := d.Tells(ev)
	if len(tells) != 2 {
		t.Fatalf("tells = %d, want 2", len(tells))
	}
	for i, want := range []im.UserID{"jerry", "tom"} {
		got := tells[i].Item.GetDelivery()
		if tells[i].To != im.User("app", want) || got.N != 1 || got.Ts != 7 || got.From != "tom" || got.To != "jerry" {
			t.Errorf("tell %d = %v to %v, want one to %v", i, got, tells[i].To, want)
		}
	}
}
