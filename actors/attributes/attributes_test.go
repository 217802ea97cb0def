package attributes_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// list makes attributes of names and values that follow each other.
func list(namesAndValues ...string) (out []*pb.Attribute) {
	for i := 0; i < len(namesAndValues); i += 2 {
		out = append(out, &pb.Attribute{Name: namesAndValues[i], Value: []byte(namesAndValues[i+1])})
	}
	return out
}

func show(s attributes.Set) string {
	var pairs []string
	for _, a := range s {
		pairs = append(pairs, a.Name+"="+string(a.Value))
	}
	return strings.Join(pairs, " ")
}

// What is unset goes, then what is set comes, null takes away, replacing leaves nothing else; the event says no more than
// what changed, and nothing at all when nothing does.
func TestSet_Change(t *testing.T) {
	t.Parallel()
	begin := attributes.Of(list("b", `2`, "a", `1`, "n", `null`, "a", `"x"`))
	for _, c := range []struct {
		cmd         *pb.SetAttributes
		want, event string
	}{
		{&pb.SetAttributes{}, `a="x" b=2`, `-`},
		{&pb.SetAttributes{Set: list("a", `"x"`)}, `a="x" b=2`, `-`},
		{&pb.SetAttributes{Unset: []string{"c"}, Set: list("c", ` null `)}, `a="x" b=2`, `-`},
		{&pb.SetAttributes{Set: list("c", `{}`, "b", `2`)}, `a="x" b=2 c={}`, `set c={} unset []`},
		{&pb.SetAttributes{Set: list("c", `3`, "b", `null`)}, `a="x" c=3`, `set c=3 unset [b]`},
		{&pb.SetAttributes{Unset: []string{"a", "b"}, Set: list("b", `3`)}, `b=3`, `set b=3 unset [a]`},
		{&pb.SetAttributes{Replace: true}, ``, `replace  unset []`},
		{&pb.SetAttributes{Replace: true, Set: list("b", `2`)}, `b=2`, `replace b=2 unset []`},
		{&pb.SetAttributes{Replace: true, Set: list("b", `2`, "a", `"x"`)}, `a="x" b=2`, `-`},
	} {
		ev, after, err := begin.Change(c.cmd)
		event := "-"
		if ev != nil {
			event = fmt.Sprintf("%s %s unset %v", map[bool]string{true: "replace", false: "set"}[ev.Replace], show(ev.Set), ev.Unset)
		}
		if err != nil || show(after) != c.want || event != c.event {
			t.Errorf("%v: %s by %s, %v; want %s by %s", c.cmd, show(after), event, err, c.want, c.event)
		}
		if got := show(begin.Apply(ev)); got != c.want {
			t.Errorf("%v: the event folds to %s, want %s", c.cmd, got, c.want)
		}
	}
	if got := show(begin); got != `a="x" b=2` {
		t.Errorf("the set has become %s", got)
	}
}

// A set is bounded in number, name and size, names as JSON counted; what takes away is never refused, and what is refused
// changes nothing.
//
// Checked by breaking it: without the sum in check the large ones pass.
func TestSet_IsBounded(t *testing.T) {
	t.Parallel()
	many := func(n int) (pairs []string) {
		for i := range n {
			pairs = append(pairs, fmt.Sprint("a", i), `1`)
		}
		return pairs
	}
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	const left = im.MaxAttributesBytes - len(`"a"`)
	for name, c := range map[string]struct {
		pairs []string
		want  im.ErrorKind
	}{
		"as many as may be":     {many(im.MaxAttributes), fine},
		"one more":              {many(im.MaxAttributes + 1), im.TooLong},
		"a name at its bound":   {[]string{strings.Repeat("n", im.MaxAttributeName), `1`}, fine},
		"a longer name":         {[]string{strings.Repeat("n", im.MaxAttributeName+1), `1`}, im.TooLong},
		"no name":               {[]string{"", `1`}, im.Invalid},
		"a name with a NUL":     {[]string{"a\x00b", `1`}, im.Invalid},
		"as large as may be":    {[]string{"a", text(left)}, fine},
		"one byte more":         {[]string{"a", text(left + 1)}, im.TooLong},
		"a name with an escape": {[]string{"\n", text(left)}, im.TooLong},
		"no value":              {[]string{"", ``}, fine},
	} {
		s, err := attributes.Checked(list(c.pairs...))
		if (err == nil) != (c.want == fine) || err != nil && im.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if body := s.Body(); err == nil && (len(body) > im.MaxRecordBody || !json.Valid(body)) {
			t.Errorf("%s: a body of %d bytes", name, len(body))
		}
	}
	full := attributes.Of(list(many(im.MaxAttributes + 9)...)) // as it may be in a log of other bounds
	if _, after, err := full.Change(&pb.SetAttributes{Set: list("b", `1`)}); im.KindOf(err) != im.TooLong || len(after) != len(full) {
		t.Errorf("one too many is answered %v", err)
	}
	if _, after, err := full.Change(&pb.SetAttributes{Unset: []string{"a0"}}); err != nil || len(after) != len(full)-1 {
		t.Errorf("taking one of too many away is answered %v", err)
	}
	if _, after, err := full.Change(&pb.SetAttributes{Replace: true}); err != nil || len(after) != 0 {
		t.Errorf("clearing is answered %v", err)
	}
}

// fine stands for no refusal.
const fine = im.Internal

// Scalars are fields: a string by what it says, anything else as it came. The body has all, by name.
func TestSet_IsFound(t *testing.T) {
	t.Parallel()
	s := attributes.Of(list(
		"n", `1.50e1`, "neg", `-3`, "s", `"a\u6c64\"<"`, "t", ` true`, "f", `false`, "list", `[1]`, "map", `{"a":1}`, "empty", `""`, "<\">", `1`,
	))
	want := []im.Field{
		{Name: "<\">", Type: im.NumberField, Text: "1"},
		{Name: "empty", Type: im.StringField},
		{Name: "f", Type: im.BoolField, Text: "false"},
		{Name: "n", Type: im.NumberField, Text: "1.50e1"},
		{Name: "neg", Type: im.NumberField, Text: "-3"},
		{Name: "s", Type: im.StringField, Text: "a汤\"<"},
		{Name: "t", Type: im.BoolField, Text: "true"},
	}
	if got := s.Fields(); !slices.Equal(got, want) {
		t.Errorf("fields\n %v, want\n %v", got, want)
	}
	const body = `{"<\">":1,"empty":"","f":false,"list":[1],"map":{"a":1},"n":1.50e1,"neg":-3,"s":"a\u6c64\"<","t": true}`
	if got := string(s.Body()); got != body {
		t.Errorf("body\n %s, want\n %s", got, body)
	}
	if got := string(attributes.Set(nil).Body()); got != "{}" {
		t.Errorf("an empty set is %s", got)
	}
}

// Under random changes a set is what a plain map is, and so is the fold of its events.
func TestSet_AgreesWithAMap(t *testing.T) {
	t.Parallel()
	name := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	value := rapid.SampledFrom([]string{`1`, `"x"`, `null`, `[null]`})
	rapid.Check(t, func(t *rapid.T) {
		var s, folded attributes.Set
		model := map[string]string{}
		for range rapid.IntRange(1, 20).Draw(t, "changes") {
			cmd := &pb.SetAttributes{Replace: rapid.Bool().Draw(t, "replace"), Unset: rapid.SliceOfN(name, 0, 2).Draw(t, "unset")}
			for range rapid.IntRange(0, 3).Draw(t, "set") {
				cmd.Set = append(cmd.Set, list(name.Draw(t, "name"), value.Draw(t, "value"))...)
			}
			carryOut(model, cmd)
			ev, after, err := s.Change(cmd)
			if err != nil || (ev == nil) != (show(after) == show(s)) {
				t.Fatalf("%v over %s: event %v, %v", cmd, show(s), ev, err)
			}
			s, folded = after, folded.Apply(ev)
			if got, want := show(s), showMap(model); got != want || show(folded) != want {
				t.Fatalf("%v: %s, folded %s; want %s", cmd, got, show(folded), want)
			}
		}
	})
}

func carryOut(model map[string]string, cmd *pb.SetAttributes) {
	if cmd.Replace {
		clear(model)
	}
	for _, n := range cmd.Unset {
		delete(model, n)
	}
	for _, a := range cmd.Set {
		model[a.Name] = string(a.Value)
	}
	maps.DeleteFunc(model, func(_, v string) bool { return v == "null" })
}

func showMap(model map[string]string) string {
	var pairs []string
	for _, n := range slices.Sorted(maps.Keys(model)) {
		pairs = append(pairs, n+"="+model[n])
	}
	return strings.Join(pairs, " ")
}

// Whatever a state and an event hold, a set is by name, each once, without null, and a change that was made needs no second
// one; of valid values its body is valid.
func FuzzSet(f *testing.F) {
	for _, seed := range []*pb.AttributesChanged{
		{Set: list("b", `1`, "a", `2`, "b", `null`)}, {Replace: true, Set: list("a", `"\ud800"`)}, {Unset: []string{"a"}, Set: list("", `tru`)},
	} {
		b, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, b)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		a, b := &pb.AttributesChanged{}, &pb.AttributesChanged{}
		if proto.Unmarshal(first, a) != nil || proto.Unmarshal(second, b) != nil {
			return
		}
		s := attributes.Of(a.Set).Apply(b)
		valid := true
		for i, x := range s {
			valid = valid && json.Valid(x.Value)
			if v := strings.TrimSpace(string(x.Value)); i > 0 && s[i-1].Name >= x.Name || v == "null" {
				t.Errorf("attribute %q=%q in %s", x.Name, x.Value, show(s))
			}
		}
		s.Fields()
		if valid && !json.Valid(s.Body()) {
			t.Errorf("body %s", s.Body())
		}
		cmd := &pb.SetAttributes{Replace: b.Replace, Set: b.Set, Unset: b.Unset}
		if ev, _, err := s.Change(cmd); ev != nil || err != nil {
			t.Errorf("%v, made twice: %v, %v", cmd, ev, err)
		}
	})
}
