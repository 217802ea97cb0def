package actors_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func deletion() *pb.Command {
	return &pb.Command{Id: "deletion", Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}}
}

// verbs are all that anybody may ask of a group or a room that is there, or is not.
func verbs(to im.Address) []*pb.Command {
	named := say("after", "tom", im.UserID(to.ID))
	named.GetSay().ClientId = "after"
	return []*pb.Command{
		{Body: &pb.Command_Describe{Describe: &pb.Describe{}}},
		{Id: "change", Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{Owner: "tom"}}},
		{Id: "set", Body: &pb.Command_SetAttributes{SetAttributes: &pb.SetAttributes{}}},
		addMembers("add", "tom"),
		{Id: "remove", Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: []string{"tom"}}}},
		{Id: "again", Body: deletion().Body},
		{Id: "clear", Body: &pb.Command_ClearHistory{ClearHistory: &pb.ClearHistory{}}},
		{Id: "system", Body: &pb.Command_System{System: &pb.System{Content: &pb.Content{Body: []byte(`"x"`)}}}},
		say("say", "tom", im.UserID(to.ID)), named, profile(),
	}
}

// A deleted group or room is stored as gone, with a state of a few bytes. Everybody hears that it ended. What it answers from then
// on is what one answers that never was, as long as the log knows it, to an actor that was awake meanwhile and to another; and
// when the log has forgotten it, the same.
//
// Checked by breaking it: it fails when the shell leaves out that it is gone, or its state.
func TestShell_DeletedIsLikeWhatNeverWas(t *testing.T) {
	for _, at := range []im.Address{im.Group(app, "crew"), im.Room(app, "lobby")} {
		t.Run(at.Kind.String(), func(t *testing.T) {
			never := at
			never.ID = "never"
			var watched *watchedLog
			log, hub := newLog(t), newHub()
			l := begin(t, log, hub, 1, func(l *life, o *actors.Options) {
				watched = &watchedLog{Journal: log, addr: at}
				o.Journal = watched
			})
			owner := map[im.Kind]string{im.KindGroup: "tom", im.KindRoom: ""}[at.Kind]
			l.must(at, create(owner, "tom", "jerry"))
			l.must(at, say("m1", "tom", im.UserID(at.ID)))
			l.must(at, deletion())
			like := func(when string, l *life) {
				t.Helper()
				for i, cmd := range verbs(at) {
					got, want := l.ask(at, cmd), l.ask(never, verbs(never)[i])
					got.Call, want.Call = 0, 0
					if !proto.Equal(got, want) {
						t.Errorf("%s: %v: %v, want %v", when, cmd, got, want)
					}
				}
				for _, u := range []im.Address{tom, jerry} {
					if p := l.must(u, profile()).GetProfile(); len(p.Groups)+len(p.Rooms) > 0 {
						t.Errorf("%s: %s is in %v %v", when, u.ID, p.Groups, p.Rooms)
					}
				}
			}
			like("deleted", l)
			watched.mu.Lock()
			last := watched.appends[len(watched.appends)-1]
			watched.mu.Unlock()
			if !last.Gone || len(last.Final) == 0 || len(last.Final) > 64 {
				t.Errorf("the last append is gone: %v, with %d bytes of state", last.Gone, len(last.Final))
			}
			if h := log.Head(at); h.SnapSeq != h.Seq {
				t.Errorf("head %+v is not covered", h)
			}
			l2 := begin(t, log, hub, 2, nil)
			like("loaded anew", l2)
			await(t, "nothing is owed", func() bool { return isQuiet(log) })
			log.Expire(log.Head(at).TS + 1)
			if h := log.Head(at); h != (im.Head{}) {
				t.Fatalf("the log has not forgotten it: %+v", h)
			}
			like("forgotten while awake", l2)
			l2.end()
			like("forgotten", begin(t, log, hub, 3, nil))
		})
	}
}

// Who was a member when something was said hears it, also from the next owner, which finds a state of later: of a group that
// was deleted since, and of one whose members have changed; who came later does not hear it. The end is told, too.
//
// Checked by breaking it: it fails when what is owed is told on the snapshot's state, and when the actor's own state is taken back.
func TestShell_LastWordsReachTheMembersOfTheirTime(t *testing.T) {
	crew := im.Group(app, "crew")
	leave := &pb.Command{Id: "leave", Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: []string{"jerry"}}}}
	for name, after := range map[string][]*pb.Command{
		"deleted": {deletion()},
		"changed": {leave, addMembers("join", "spike")},
		"both":    {leave, addMembers("join", "spike"), deletion()},
	} {
		t.Run(name, func(t *testing.T) {
			log, hub := newLog(t), newHub()
			way := &road{}
			l := begin(t, log, hub, 1, func(l *life, o *actors.Options) {
				way.Caller, o.Caller = l, way
			})
			l.must(crew, create("tom", "jerry"))
			l.must(crew, say("m1", "tom", "crew"))
			await(t, "the first is heard", func() bool { return len(hub.numbers("jerry", crew)) == 1 })
			way.block(true)
			l.must(crew, say("m2", "tom", "crew"))
			for _, cmd := range after {
				l.must(crew, cmd)
			}
			await(t, "a snapshot", func() bool { l.host.Cover(crew); return isCovered(log, crew) })
			l.end()
			again := begin(t, log, hub, 2, nil)
			await(t, "nothing is owed", func() bool { return isQuiet(log) })
			for u, want := range map[im.UserID]string{"tom": "[1 2]", "jerry": "[1 2]", "spike": "[]"} {
				if got := fmt.Sprint(hub.numbers(u, crew)); got != want {
					t.Errorf("%s heard %s, want %s", u, got, want)
				}
			}
			if got := again.must(jerry, profile()).GetProfile().GetGroups(); len(got) > 0 {
				t.Errorf("jerry is in %v", got)
			}
			if name == "changed" {
				describe := &pb.Command{Body: &pb.Command_Describe{Describe: &pb.Describe{}}}
				if in := again.must(crew, describe).GetGathering().GetMembers(); !slices.Equal(in, []string{"tom", "spike"}) {
					t.Errorf("the members are %v, want tom and spike", in)
				}
			}
			got := again.must(tom, profile()).GetProfile().GetGroups()
			if want := map[bool][]string{true: {"crew"}}[name == "changed"]; !slices.Equal(got, want) {
				t.Errorf("tom is in %v, want %v", got, want)
			}
		})
	}
}
