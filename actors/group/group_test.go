package group_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/group"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var address = im.Group("app", "crew")

var commands = coretest.GatheringCommands(true, say)

func say(from string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Say{Say: &pb.Say{
		From: from, To: "crew", Content: &pb.Content{Body: []byte(`"hi"`)}, Remark: "r", Session: "s", ClientId: "c",
	}}}
}

// Whatever the members do and say, the log alone gives the same state again.
func TestGroup_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return group.New(address, 4) }, commands)
}

func begin() *coretest.World { return &coretest.World{Core: group.New(address, 50)} }

// Only members talk, and only while the group exists: a refused message leaves no event.
func TestGroup_OnlyMembersTalk(t *testing.T) {
	w := begin()
	empty := say("tom")
	empty.GetSay().Content = nil
	w.Try(t, "a message before", say("tom"), im.NotFound)
	w.Try(t, "a group of nobody", coretest.CreateGathering("", "tom"), im.Invalid)
	w.Try(t, "creation", coretest.CreateGathering("tom"), coretest.Done)
	w.Try(t, "the owner's message", say("tom"), coretest.Done)
	w.Try(t, "a message without content", empty, im.Invalid)
	w.Try(t, "a stranger's message", say("jerry"), im.NotPermitted)
	w.Try(t, "a stranger joins", coretest.AddMembers("jerry"), coretest.Done)
	w.Try(t, "a member's message", say("jerry"), coretest.Done)
	w.Try(t, "it leaves", coretest.RemoveMembers("jerry"), coretest.Done)
	w.Try(t, "a former member's message", say("jerry"), im.NotPermitted)
	w.Try(t, "deletion", coretest.DeleteGathering(), coretest.Done)
	w.Try(t, "a message afterwards", say("tom"), im.NotFound)
	if w.Head.N != 2 {
		t.Errorf("messages stored = %d, want 2", w.Head.N)
	}
}

// A message is told to everybody who is a member then, its speaker included: one delivery for all of them, with the
// number and stamp of the answer.
func TestGroup_TellsAllMembersTheSame(t *testing.T) {
	w := begin()
	w.Do(coretest.CreateGathering("tom", "jerry", "spike"))
	w.Do(coretest.RemoveMembers("spike"))
	w.Do(say("tom"))
	d, tells, err := w.Do(say("jerry"))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Reply.GetSay(); got.N != 2 || got.Ts != int64(w.Head.TS) || got.Duplicate {
		t.Errorf("answer = %v, want number 2 at %d", got, w.Head.TS)
	}
	var told []im.Address
	for _, tell := range tells {
		told = append(told, tell.To)
		if tell.Item != tells[0].Item {
			t.Error("a member is told an item of its own")
		}
	}
	if want := []im.Address{im.User("app", "tom"), im.User("app", "jerry")}; !slices.Equal(told, want) {
		t.Fatalf("told %v, want %v", told, want)
	}
	got := tells[0].Item.GetDelivery()
	if got.Source != pb.Source_GROUP || got.From != "jerry" || got.To != "crew" || got.N != 2 || got.Ts != int64(w.Head.TS) {
		t.Errorf("delivery = %v, want message 2 from jerry to the crew", got)
	}
	want := &pb.Said{
		Speaker: "jerry", Content: &pb.Content{Body: []byte(`"hi"`)}, Remark: "r", OriginSession: "s", ClientId: "c",
	}
	if !proto.Equal(got.Said, want) {
		t.Errorf("said = %v, want %v", got.Said, want)
	}
}

// A successor goes on with the number after the last, also when it knows the messages by a snapshot only.
func TestGroup_NumbersGoOnAfterASnapshot(t *testing.T) {
	w := begin()
	w.Do(coretest.CreateGathering("tom"))
	w.Do(say("tom"))
	next := group.New(address, 50)
	if err := next.Unmarshal(w.Core.Marshal()); err != nil {
		t.Fatal(err)
	}
	d, err := next.Decide(say("tom"), 9)
	if err != nil || d.Reply.GetSay().N != 2 {
		t.Errorf("answer = %v, %v; want number 2", d.Reply, err)
	}
}

// A message that is stored already gets its first answer; one with the client's own id is always looked up. Any other
// command that is stored is done. Answers to who speaks wait for nobody, nor did the first ones.
func TestGroup_RepeatGetsTheFirstAnswer(t *testing.T) {
	g := group.New(address, 50)
	drawn := say("tom")
	drawn.GetSay().ClientId = ""
	if !g.MayRepeat(say("tom")) || g.MayRepeat(drawn) || g.MayRepeat(coretest.AddMembers("tom")) {
		t.Error("only a message with the client's own id may repeat on its first arrival")
	}
	at := im.StoredAt{Seq: 9, N: 7, TS: 5}
	reply, waits := g.Repeat(say("tom"), at)
	if got := reply.GetSay(); got.GetN() != 7 || got.GetTs() != 5 || !got.GetDuplicate() || waits {
		t.Errorf("answer = %v, want number 7 at 5, a duplicate; it waits: %v", got, waits)
	}
	for _, c := range []struct {
		cmd   *pb.Command
		waits bool
	}{
		{coretest.AddMembers("tom"), true},
		{coretest.System(), false},
		{coretest.ClearHistory(), false},
		{coretest.SetAttributes(false, "a", "1"), false},
	} {
		if got, waits := g.Repeat(c.cmd, at); got == nil || got.Body != nil || got.Error != 0 || waits != c.waits {
			t.Errorf("answer to %v = %v, want an empty one; it waits: %v, want %v", c.cmd, got, waits, c.waits)
		}
	}
}
