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

var address = im.FriendDialog("app", "tom", "jerry")

// commands draws well-formed commands of both parties, a stranger's, and repeats.
var commands = rapid.Custom(func(t *rapid.T) *pb.Command {
	who := rapid.SampledFrom([]string{"tom", "jerry", "spike"})
	from, to := who.Draw(t, "from"), who.Draw(t, "to")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return &pb.Command{Body: &pb.Command_Befriend{Befriend: &pb.Befriend{From: from, To: to}}}
	case 1:
		return &pb.Command{Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: from}}}
	case 2:
		return &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}}
	case 3:
		return &pb.Command{Body: &pb.Command_Login{Login: &pb.Login{}}} // not a dialog's
	default:
		return say(from, to, rapid.StringMatching(`[a-z]{0,8}`).Draw(t, "body"))
	}
})

func say(from, to, body string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Say{Say: &pb.Say{From: from, To: to, Content: &pb.Content{Body: []byte(`"` + body + `"`)}}}}
}

// Whatever two users do to their relation, the log alone gives the same state again.
func TestDialog_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return dialog.New(address) }, commands)
}

// run decides one command and applies what follows; it fails the test on an error other than want.
func run(t *testing.T, d *dialog.Dialog, head *im.Head, cmd *pb.Command) (core.Decision, error) {
	t.Helper()
	decision, err := d.Decide(cmd, head.TS+1)
	for _, ev := range decision.Events {
		head.Seq++
		head.TS++
		ev.Seq, ev.TS = head.Seq, head.TS
		if ev.Message {
			head.N++
			ev.N = head.N
		}
		d.Apply(ev)
	}
	return decision, err
}

func befriend(from, to string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Befriend{Befriend: &pb.Befriend{From: from, To: to}}}
}

// Only friends talk: before and after the friendship a message is refused and leaves no event.
func TestDialog_OnlyFriendsTalk(t *testing.T) {
	d, head := dialog.New(address), &im.Head{}
	steps := []struct {
		name string
		cmd  *pb.Command
		want im.ErrorKind // Internal = no error
	}{
		{"a stranger's message", say("tom", "jerry", "hi"), im.NotPermitted},
		{"friendship", befriend("tom", "jerry"), im.Internal},
		{"a friend's message", say("jerry", "tom", "hi"), im.Internal},
		{"somebody else's message", say("spike", "tom", "hi"), im.Invalid},
		{"a message to oneself", say("tom", "tom", "hi"), im.Invalid},
		{"the end", &pb.Command{Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: "jerry"}}}, im.Internal},
		{"a message afterwards", say("tom", "jerry", "hi"), im.NotPermitted},
	}
	for _, s := range steps {
		decision, err := run(t, d, head, s.cmd)
		if s.want == im.Internal && err != nil || s.want != im.Internal && im.KindOf(err) != s.want {
			t.Errorf("%s: error = %v, want %v", s.name, err, s.want)
		}
		if err != nil && len(decision.Events) > 0 {
			t.Errorf("%s: refused, but leaves events", s.name)
		}
	}
	if head.N != 1 {
		t.Errorf("messages stored = %d, want 1", head.N)
	}
}

// from and to are kept from the first call, whoever asks again after an end.
func TestDialog_KeepsWhoAskedFirst(t *testing.T) {
	d, head := dialog.New(address), &im.Head{}
	for _, cmd := range []*pb.Command{
		befriend("jerry", "tom"), befriend("tom", "jerry"),
		{Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: "tom"}}},
		befriend("tom", "jerry"),
	} {
		if _, err := run(t, d, head, cmd); err != nil {
			t.Fatal(err)
		}
	}
	decision, err := run(t, d, head, &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}})
	if err != nil {
		t.Fatal(err)
	}
	got := decision.Reply.GetFriendship()
	if got.From != "jerry" || got.To != "tom" || got.Since != 3 {
		t.Errorf("friendship = %v, want from jerry to tom since 3", got)
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
