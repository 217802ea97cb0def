package gathering_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What never was or is no more is found by no command, and an id is used once.
func TestGathering_IsFoundWhileItExists(t *testing.T) {
	every := func(want im.ErrorKind) []step {
		return []step{
			{"describe", describe, want},
			{"change", set("name", `"crew"`), want},
			{"join", join("jerry"), want},
			{"leave", leave("jerry"), want},
			{"replace", replace("", "spike"), want},
		}
	}
	w := begin(owned)
	w.walk(t, every(im.NotFound))
	w.walk(t, []step{{"deletion of what never was", remove, im.NotFound}})
	w.walk(t, []step{{"creation", create("tom"), done}, {"creation again", create("tom"), im.Conflict}})
	w.walk(t, every(done))
	w.walk(t, []step{{"a user's command", &pb.Command{Body: &pb.Command_Profile{}}, im.Unsupported}})
	w.walk(t, []step{{"deletion", remove, done}, {"deletion again", remove, im.NotFound}})
	w.walk(t, every(im.NotFound))
	w.walk(t, []step{{"creation after the end", create("tom"), im.Conflict}})
}

// A command that changes nothing succeeds and leaves no event; a change holds the answer only for those who are told.
func TestGathering_NothingToChangeIsNoEvent(t *testing.T) {
	w := begin(owned)
	w.must(t, create("tom", "jerry"))
	w.must(t, set("name", `"crew"`))
	for _, s := range []struct {
		name  string
		cmd   *pb.Command
		want  int
		waits bool
	}{
		{"nothing", change(&pb.ChangeGathering{}), 0, false},
		{"members who are in", join("jerry", "tom"), 0, false},
		{"members who are not in", leave("spike"), 0, false},
		{"nobody", join(), 0, false},
		{"the same list in another order", replace("tom", "jerry", "tom"), 0, false},
		{"a list that is not to replace", change(&pb.ChangeGathering{Members: []string{"spike"}}), 0, false},
		{"the same attribute", set("name", `"crew"`), 0, false},
		{"another attribute", set("name", `"gang"`), 1, false},
		{"another owner who is in", give("jerry"), 1, false},
		{"another owner who is not in", give("spike"), 2, true},
		{"one member more", join("butch"), 1, true},
	} {
		d := w.must(t, s.cmd)
		if len(d.Events) != s.want || d.AfterTold != s.waits {
			t.Errorf("%s: %d events, waits %v; want %d, %v", s.name, len(d.Events), d.AfterTold, s.want, s.waits)
		}
	}
}

// When a command leaves several events, the one that owes is the last: the answer is held until everything up to it is
// told.
func TestGathering_OwesWithItsLastEvent(t *testing.T) {
	w := begin(owned)
	w.must(t, create("tom", "jerry"))
	events := w.must(t, change(&pb.ChangeGathering{
		Owner: "spike", ReplaceMembers: true, Attributes: []*pb.Attribute{{Name: "name", Value: []byte(`"crew"`)}},
	})).Events
	var owes []bool
	for _, ev := range events {
		owes = append(owes, ev.Owes)
	}
	if want := []bool{false, false, true}; !slices.Equal(owes, want) {
		t.Errorf("events owe %v, want %v", owes, want)
	}
}

// Attributes are merged by name, and read sorted by name; of a name that is given twice the last value counts.
func TestGathering_MergesAttributes(t *testing.T) {
	w := begin(free)
	first := create("", "tom")
	first.GetCreateGathering().Attributes = set("size", `1`, "name", `"a"`, "size", `2`).GetChangeGathering().Attributes
	w.must(t, first)
	for _, s := range []struct {
		cmd  *pb.Command
		want string
	}{
		{set(), `name="a" size=2`},
		{set("map", `{"x":1}`), `map={"x":1} name="a" size=2`},
		{set("size", `2`, "name", `"b"`, "name", `"c"`), `map={"x":1} name="c" size=2`},
	} {
		w.must(t, s.cmd)
		var got []string
		for _, a := range w.describe(t).Attributes {
			got = append(got, a.Name+"="+string(a.Value))
		}
		if strings.Join(got, " ") != s.want {
			t.Errorf("attributes = %v, want %s", got, s.want)
		}
	}
}

// A reply stays as it was given, whatever happens to the gathering afterwards.
func TestGathering_RepliesDoNotChange(t *testing.T) {
	w := begin(owned)
	w.must(t, create("tom", "jerry", "spike"))
	w.must(t, set("name", `"crew"`, "size", `1`))
	reply := w.describe(t)
	want := proto.Clone(reply)
	w.must(t, leave("jerry"))
	w.must(t, join("butch"))
	w.must(t, give("spike"))
	w.must(t, set("name", `"gang"`, "age", `1`))
	w.must(t, remove)
	if !proto.Equal(reply, want) {
		t.Errorf("reply has become %v, was %v", reply, want)
	}
}

// A command that is stored already is done, whatever came after it; only a retried one is looked for.
func TestGathering_RepeatIsDone(t *testing.T) {
	w := begin(owned)
	for _, cmd := range []*pb.Command{create("tom"), join("jerry"), leave("jerry"), give("jerry"), remove} {
		w.must(t, cmd)
		if got, _ := w.Repeat(cmd, im.StoredAt{Seq: w.Head.Seq, TS: w.Head.TS}); got == nil || got.Err("") != nil {
			t.Errorf("repeat of %v is answered %v, want success", cmd, got)
		}
		if w.MayRepeat(cmd) {
			t.Errorf("%v is looked up on its first arrival", cmd)
		}
	}
}
