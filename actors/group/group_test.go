package group_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/group"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var (
	address = im.Group("app", "crew")
	users   = rapid.SampledFrom([]string{"tom", "jerry", "spike", "butch", "tyke"})
)

var commands = rapid.Custom(func(t *rapid.T) *pb.Command {
	user, members := users.Draw(t, "user"), rapid.SliceOfN(users, 0, 4).Draw(t, "members")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return create(user, members...)
	case 1:
		return join(members...)
	case 2:
		return leave(members...)
	case 3:
		return &pb.Command{Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{
			Owner: user, ReplaceMembers: rapid.Bool().Draw(t, "replace"), Members: members,
			Attributes: []*pb.Attribute{{Name: "name", Value: []byte(`"` + user + `"`)}},
		}}}
	case 4:
		return &pb.Command{Body: &pb.Command_Describe{Describe: &pb.Describe{}}}
	case 5:
		return remove
	default:
		return say(user)
	}
})

var remove = &pb.Command{Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}}

func create(owner string, members ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_CreateGathering{CreateGathering: &pb.CreateGathering{Owner: owner, Members: members}}}
}

func join(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: users}}}
}

func leave(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: users}}}
}

func say(from string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Say{Say: &pb.Say{
		From: from, To: "crew", Content: &pb.Content{Body: []byte(`"hi"`)}, Remark: "r", Session: "s", ClientId: "c",
	}}}
}

// Whatever the members do and say, the log alone gives the same state again.
func TestGroup_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return group.New(address, 4) }, commands)
}

// world runs a group as the shell does.
type world struct {
	*group.Group
	head im.Head
}

func begin() *world { return &world{Group: group.New(address, 50)} }

// do decides cmd, applies what follows, and returns what is to be told.
func (w *world) do(cmd *pb.Command) (d core.Decision, tells []core.Tell, err error) {
	d, err = w.Decide(cmd, w.head.TS+1)
	for _, ev := range d.Events {
		w.head.Seq++
		w.head.TS++
		ev.Seq, ev.TS = w.head.Seq, w.head.TS
		if ev.Message {
			w.head.N++
			ev.N = w.head.N
		}
		w.Apply(ev)
		tells = append(tells, w.Tells(ev)...)
	}
	return d, tells, err
}

// Only members talk, and only while the group exists: a refused message leaves no event.
func TestGroup_OnlyMembersTalk(t *testing.T) {
	w := begin()
	const done = im.Internal
	empty := say("tom")
	empty.GetSay().Content = nil
	for _, s := range []struct {
		name string
		cmd  *pb.Command
		want im.ErrorKind
	}{
		{"a message before", say("tom"), im.NotFound},
		{"a group of nobody", create("", "tom"), im.Invalid},
		{"creation", create("tom"), done},
		{"the owner's message", say("tom"), done},
		{"a message without content", empty, im.Invalid},
		{"a stranger's message", say("jerry"), im.NotPermitted},
		{"a stranger joins", join("jerry"), done},
		{"a member's message", say("jerry"), done},
		{"it leaves", leave("jerry"), done},
		{"a former member's message", say("jerry"), im.NotPermitted},
		{"deletion", remove, done},
		{"a message afterwards", say("tom"), im.NotFound},
	} {
		d, _, err := w.do(s.cmd)
		if s.want == done && err != nil || s.want != done && im.KindOf(err) != s.want {
			t.Errorf("%s: error = %v, want %v", s.name, err, s.want)
		}
		if err != nil && len(d.Events) > 0 {
			t.Errorf("%s: refused, but leaves events", s.name)
		}
	}
	if w.head.N != 2 {
		t.Errorf("messages stored = %d, want 2", w.head.N)
	}
}

// A message is told to everybody who is a member then, its speaker included: one delivery for all of them, with the
// number and stamp of the answer.
func TestGroup_TellsAllMembersTheSame(t *testing.T) {
	w := begin()
	w.do(create("tom", "jerry", "spike"))
	w.do(leave("spike"))
	w.do(say("tom"))
	d, tells, err := w.do(say("jerry"))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Reply.GetSay(); got.N != 2 || got.Ts != int64(w.head.TS) || got.Duplicate {
		t.Errorf("answer = %v, want number 2 at %d", got, w.head.TS)
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
	if got.Source != pb.Source_GROUP || got.From != "jerry" || got.To != "crew" || got.N != 2 || got.Ts != int64(w.head.TS) {
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
	w.do(create("tom"))
	w.do(say("tom"))
	next := group.New(address, 50)
	if err := next.Unmarshal(w.Marshal()); err != nil {
		t.Fatal(err)
	}
	d, err := next.Decide(say("tom"), 9)
	if err != nil || d.Reply.GetSay().N != 2 {
		t.Errorf("answer = %v, %v; want number 2", d.Reply, err)
	}
}

// A message that is stored already gets its first answer; one with the client's own id is always looked up. Any other
// command that is stored is done.
func TestGroup_RepeatGetsTheFirstAnswer(t *testing.T) {
	g := group.New(address, 50)
	drawn := say("tom")
	drawn.GetSay().ClientId = ""
	if !g.MayRepeat(say("tom")) || g.MayRepeat(drawn) || g.MayRepeat(join("tom")) {
		t.Error("only a message with the client's own id may repeat on its first arrival")
	}
	at := im.StoredAt{Seq: 9, N: 7, TS: 5}
	if got := g.Repeat(say("tom"), at).GetSay(); got.GetN() != 7 || got.GetTs() != 5 || !got.GetDuplicate() {
		t.Errorf("answer = %v, want number 7 at 5, a duplicate", got)
	}
	if got := g.Repeat(join("tom"), at); got == nil || got.Body != nil || got.Error != 0 {
		t.Errorf("answer to a join = %v, want an empty one", got)
	}
}
