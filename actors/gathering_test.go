package actors_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func create(owner string, members ...string) *pb.Command {
	return &pb.Command{Id: "create", Body: &pb.Command_CreateGathering{
		CreateGathering: &pb.CreateGathering{Owner: owner, Members: members},
	}}
}

func addMembers(id string, members ...string) *pb.Command {
	return &pb.Command{Id: id, Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: members}}}
}

func removeMembers(id string, members ...string) *pb.Command {
	return &pb.Command{Id: id, Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: members}}}
}

// When a join is answered, the hub listens for the user; when a leave is, it does not any more; and a user who logs in
// listens to the rooms of before.
func TestShell_AnsweredMembershipIsKnownToTheHub(t *testing.T) {
	log := newLog(t)
	l := begin(t, log, newHub(), 1, nil)
	lobby := im.Room(app, "lobby")
	l.must(lobby, create("", "tom"))
	for i := range 50 {
		l.must(lobby, addMembers(fmt.Sprint("a", i), "jerry"))
		if !l.hub.listens(jerry, "lobby") {
			t.Fatalf("round %d: jerry joined, and the hub does not know", i)
		}
		l.must(lobby, removeMembers(fmt.Sprint("r", i), "jerry"))
		if l.hub.listens(jerry, "lobby") {
			t.Fatalf("round %d: jerry left, and the hub does not know", i)
		}
	}
	l.end()
	again := begin(t, log, newHub(), 2, nil)
	again.must(tom, login())
	if !again.hub.listens(tom, "lobby") {
		t.Error("tom logged in, and the hub does not know his room")
	}
}

// Messages of a room are published in order with stamps that grow, also within a millisecond, and none is stored.
func TestShell_RoomMessagesAreLiveOnly(t *testing.T) {
	log := newLog(t)
	l := begin(t, log, newHub(), 1, func(_ *life, o *actors.Options) {
		o.Now = func() im.Millis { return 1000 }
	})
	lobby := im.Room(app, "lobby")
	l.must(lobby, create("", "tom", "jerry"))
	var answered []im.Millis
	for i := range 20 {
		answered = append(answered, im.Millis(l.must(lobby, say(fmt.Sprint("m", i), "tom", "lobby")).GetSay().Ts))
	}
	stamps := l.hub.stamps(lobby)
	if !slices.Equal(stamps, answered) {
		t.Errorf("published %v, answered %v", stamps, answered)
	}
	for i := 1; i < len(stamps); i++ {
		if stamps[i] <= stamps[i-1] {
			t.Errorf("stamp %d follows %d", stamps[i], stamps[i-1])
		}
	}
	if n := entriesOf(t, log, lobby); n != 1 {
		t.Errorf("%d entries stored, want the creation alone", n)
	}
}

func entriesOf(t *testing.T, log actors.Journal, addr im.Address) int {
	t.Helper()
	got := make(chan int, 1)
	log.Load(addr, func(l im.Load, err error) {
		if err != nil {
			t.Error(err)
		}
		got <- int(l.Head.Seq)
	})
	return <-got
}

// What is said in a group reaches those who were members then: not who joins right after it, and still who is being
// removed right after it. The commands are sent without waiting, so that the later ones are decided before the first is
// stored. (Asking for the tells only when the entry is stored makes this fail.)
func TestShell_GroupMessageGoesToTheMembersOfItsTime(t *testing.T) {
	l := begin(t, newLog(t), newHub(), 1, nil)
	crew := im.Group(app, "crew")
	l.must(crew, create("tom", "jerry"))
	for round := range 30 {
		before := l.hub.numbers("spike", crew)
		replies := make(chan *pb.Reply, 3)
		done := func(r *pb.Reply) { replies <- r }
		l.send(crew, say(fmt.Sprint("m", round), "tom", "crew"), done)
		l.send(crew, addMembers(fmt.Sprint("a", round), "spike"), done)
		l.send(crew, removeMembers(fmt.Sprint("r", round), "jerry"), done)
		for range 3 {
			if err := (<-replies).Err("test"); err != nil {
				t.Fatal(err)
			}
		}
		n := uint64(round + 1)
		await(t, "jerry hears", func() bool { return slices.Contains(l.hub.numbers("jerry", crew), n) })
		if got := l.hub.numbers("spike", crew); len(got) != len(before) {
			t.Fatalf("round %d: spike heard %v of a group that it joined later", round, got)
		}
		l.must(crew, removeMembers(fmt.Sprint("rs", round), "spike"))
		l.must(crew, addMembers(fmt.Sprint("aj", round), "jerry"))
	}
}
