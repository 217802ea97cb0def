package room_test

import (
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var address = im.Room("app", "lobby")

var commands = coretest.GatheringCommands(false, say)

func say(from string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Say{Say: &pb.Say{
		From: from, To: "lobby", Content: &pb.Content{Body: []byte(`"hi"`)}, Session: "s",
	}}}
}

// Whatever the members do and say, the log alone gives the same state again.
func TestRoom_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return room.New(address, 4) }, commands)
}

// Only members talk, and only while the room exists; nothing that is said is stored.
func TestRoom_OnlyMembersTalk(t *testing.T) {
	w := coretest.World{Core: room.New(address, 2)}
	empty := say("tom")
	empty.GetSay().Content = nil
	w.Try(t, "a message before", say("tom"), im.NotFound)
	w.Try(t, "a room with an owner", coretest.CreateGathering("tom", "tom"), im.Invalid)
	w.Try(t, "creation", coretest.CreateGathering("", "tom"), coretest.Done)
	w.Try(t, "a member's message", say("tom"), coretest.Done)
	w.Try(t, "a message without content", empty, im.Invalid)
	w.Try(t, "a stranger's message", say("jerry"), im.NotPermitted)
	w.Try(t, "a stranger joins", coretest.AddMembers("jerry"), coretest.Done)
	w.Try(t, "one too many joins", coretest.AddMembers("spike"), im.Full)
	w.Try(t, "a new member's message", say("jerry"), coretest.Done)
	w.Try(t, "it leaves", coretest.RemoveMembers("jerry"), coretest.Done)
	w.Try(t, "a former member's message", say("jerry"), im.NotPermitted)
	w.Try(t, "deletion", coretest.DeleteGathering(), coretest.Done)
	w.Try(t, "a message afterwards", say("tom"), im.NotFound)
	if w.Head.Seq != 5 {
		t.Errorf("%d events, want the creation, a joining, a leaving, the deletion, and the last one's leaving", w.Head.Seq)
	}
}

// A message goes out at once and once, without number, with the stamp of its answer; it waits for no barrier.
func TestRoom_PublishesAtOnce(t *testing.T) {
	w := coretest.World{Core: room.New(address, 2)}
	w.Try(t, "creation", coretest.CreateGathering("", "tom", "jerry"), coretest.Done)
	d, err := w.Core.Decide(say("jerry"), 7)
	if err != nil || !d.Loose || len(d.Out.Publish) != 1 {
		t.Fatalf("decision = %+v, %v; want a loose one that publishes", d, err)
	}
	got := d.Out.Publish[0]
	if got.Source != pb.Source_ROOM || got.From != "jerry" || got.To != "lobby" || got.N != 0 || got.Ts != 7 {
		t.Errorf("published = %v, want jerry's to the lobby at 7, without number", got)
	}
	if got.Said.Speaker != "jerry" || got.Said.OriginSession != "s" || string(got.Said.Content.Body) != `"hi"` {
		t.Errorf("said = %v, want what jerry said", got.Said)
	}
	if answer := d.Reply.GetSay(); answer.GetTs() != 7 || answer.GetN() != 0 {
		t.Errorf("answer = %v, want 7, without number", answer)
	}
}

// What the app says goes out like a message, as from nobody; a room has no history to clear.
func TestRoom_PublishesWhatTheAppSays(t *testing.T) {
	w := coretest.World{Core: room.New(address, 2)}
	w.Try(t, "before", coretest.System(), im.NotFound)
	w.Try(t, "creation", coretest.CreateGathering(""), coretest.Done)
	w.Try(t, "nothing", &pb.Command{Body: &pb.Command_System{System: &pb.System{}}}, im.Invalid)
	w.Try(t, "clearing", coretest.ClearHistory(), im.Unsupported)
	d, err := w.Core.Decide(coretest.System(), 7)
	if err != nil || !d.Loose || len(d.Out.Publish) != 1 {
		t.Fatalf("decision = %+v, %v; want a loose one that publishes", d, err)
	}
	got := d.Out.Publish[0]
	if !got.System || got.Source != pb.Source_ROOM || got.From != "" || got.To != "lobby" || got.Ts != 7 || string(got.Said.Content.Body) != `"news"` {
		t.Errorf("published = %v, want the app's to the lobby at 7", got)
	}
}
