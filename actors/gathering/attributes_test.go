package gathering_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func attributesOf(t *testing.T, w *world) string {
	t.Helper()
	var got []string
	for _, a := range w.describe(t).Attributes {
		got = append(got, a.Name+"="+string(a.Value))
	}
	return strings.Join(got, " ")
}

// Attributes are merged, replaced and taken away; what is given as null is none; nothing is held back for it.
func TestGathering_SetsAttributes(t *testing.T) {
	w := begin(owned)
	w.Try(t, "of what never was", coretest.SetAttributes(false, "a", `1`), im.NotFound)
	first := create("tom")
	first.GetCreateGathering().Attributes = coretest.Attributes("name", `"a"`, "none", `null`)
	w.must(t, first)
	for _, s := range []struct {
		cmd  *pb.Command
		want string
	}{
		{coretest.SetAttributes(false, "size", `1`), `name="a" size=1`},
		{set("size", `null`, "map", `{}`), `map={} name="a"`},
		{coretest.UnsetAttributes("map", "nothing"), `name="a"`},
		{coretest.SetAttributes(true, "b", `2`), `b=2`},
		{coretest.SetAttributes(true), ``},
	} {
		if d := w.must(t, s.cmd); len(d.Events) != 1 || d.AfterTold || d.Events[0].Owes {
			t.Errorf("%v: %+v, want one event that owes nothing", s.cmd, d)
		}
		if got := attributesOf(t, w); got != s.want {
			t.Errorf("%v: attributes %s, want %s", s.cmd, got, s.want)
		}
	}
	long := `"` + strings.Repeat("x", im.MaxAttributesBytes) + `"`
	for name, cmd := range map[string]*pb.Command{
		"a merge": coretest.SetAttributes(false, "a", long), "a change": set("a", long),
		"a change of more": change(&pb.ChangeGathering{Owner: "jerry", Attributes: coretest.Attributes("a", long)}),
	} {
		w.Try(t, name, cmd, im.TooLong)
	}
	large := create("tom")
	large.GetCreateGathering().Attributes = coretest.Attributes("a", long)
	begin(owned).Try(t, "a creation", large, im.TooLong)
}

// Searches find a gathering as long as it exists, with the stamp of its creation and its attributes of the moment; what
// changes neither tells them nothing.
func TestGathering_IsFound(t *testing.T) {
	w := begin(owned)
	w.Head.TS = 6
	want := &im.Record{TS: 7, Fields: []im.Field{}}
	check := func(name string, cmd *pb.Command) {
		t.Helper()
		got := w.must(t, cmd).Record
		if (got == nil) != (want == nil) || got != nil && (got.TS != want.TS || !slices.Equal(got.Fields, want.Fields) || len(got.Body) > 0 || got.Gone != want.Gone) {
			t.Errorf("%s: record %+v, want %+v", name, got, want)
		}
	}
	check("creation", create("tom"))
	want.Fields = []im.Field{{Name: "name", Type: im.StringField, Text: "crew"}}
	check("a name", set("name", `"crew"`))
	want = nil
	check("the same name", set("name", `"crew"`))
	check("members", join("jerry"))
	check("an owner", give("jerry"))
	want = &im.Record{TS: 7, Fields: []im.Field{{Name: "level", Type: im.NumberField, Text: "3"}}}
	check("other attributes", coretest.SetAttributes(true, "level", `3`))
	want.Fields = append(want.Fields, im.Field{Name: "name", Type: im.StringField, Text: "x"})
	check("a name and an owner", change(&pb.ChangeGathering{Owner: "spike", Attributes: coretest.Attributes("name", `"x"`)}))
	want = &im.Record{Gone: true}
	check("deletion", remove)
}
