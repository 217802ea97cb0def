package room_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var (
	address = im.Room("app", "lobby")
	users   = rapid.SampledFrom([]string{"tom", "jerry", "spike", "butch", "tyke"})
)

var commands = rapid.Custom(func(t *rapid.T) *pb.Command {
	user, members := users.Draw(t, "user"), rapid.SliceOfN(users, 0, 4).Draw(t, "members")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1:
		return create(members...)
	case 2, 3:
		return join(members...)
	case 4:
		return leave(members...)
	case 5:
		return &pb.Command{Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{
			ReplaceMembers: rapid.Bool().Draw(t, "replace"), Members: members,
			Attributes: []*pb.Attribute{{Name: "name", Value: []byte(`"` + user + `"`)}},
		}}}
	case 6:
		return &pb.Command{Body: &pb.Command_Describe{Describe: &pb.Describe{}}}
	case 7:
		return remove
	default:
		return say(user)
	}
})

var remove = &pb.Command{Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}}

func create(members ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_CreateGathering{CreateGathering: &pb.CreateGathering{Members: members}}}
}

func join(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: users}}}
}

func leave(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: users}}}
}

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
	r := room.New(address, 2)
	const done = im.Internal
	empty, possessed := say("tom"), create("tom")
	empty.GetSay().Content = nil
	possessed.GetCreateGathering().Owner = "tom"
	now := im.Millis(1)
	for _, s := range []struct {
		name   string
		cmd    *pb.Command
		want   im.ErrorKind
		events int
	}{
		{"a message before", say("tom"), im.NotFound, 0},
		{"a room with an owner", possessed, im.Invalid, 0},
		{"creation", create("tom"), done, 1},
		{"a member's message", say("tom"), done, 0},
		{"a message without content", empty, im.Invalid, 0},
		{"a stranger's message", say("jerry"), im.NotPermitted, 0},
		{"a stranger joins", join("jerry"), done, 1},
		{"one too many joins", join("spike"), im.Full, 0},
		{"a new member's message", say("jerry"), done, 0},
		{"it leaves", leave("jerry"), done, 1},
		{"a former member's message", say("jerry"), im.NotPermitted, 0},
		{"deletion", remove, done, 1},
		{"a message afterwards", say("tom"), im.NotFound, 0},
	} {
		d, err := r.Decide(s.cmd, now)
		if s.want == done && err != nil || s.want != done && im.KindOf(err) != s.want {
			t.Errorf("%s: error = %v, want %v", s.name, err, s.want)
		}
		if len(d.Events) != s.events {
			t.Errorf("%s: %d events, want %d", s.name, len(d.Events), s.events)
		}
		for _, ev := range d.Events {
			now++
			ev.Seq, ev.TS = uint64(now), now
			r.Apply(ev)
		}
	}
}

// A message goes out at once and once, without number, with the stamp of its answer; it waits for no barrier.
func TestRoom_PublishesAtOnce(t *testing.T) {
	r := room.New(address, 2)
	d, err := r.Decide(create("tom", "jerry"), 1)
	if err != nil {
		t.Fatal(err)
	}
	ev := d.Events[0]
	ev.Seq, ev.TS = 1, 1
	r.Apply(ev)
	d, err = r.Decide(say("jerry"), 7)
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
