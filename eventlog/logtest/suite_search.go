package logtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

func testSearch(t *testing.T, b *bench) {
	c := b.catalogue(t)
	c.want("nothing yet", im.Query{}, "")
	c.put("b", im.Record{TS: 5, Fields: []im.Field{text("map", "ice")}, Body: []byte("body of b")})
	found := c.search(im.Query{Limit: 1})
	if len(found) != 1 || found[0].ID != "b" || found[0].TS != 5 || string(found[0].Body) != "body of b" {
		t.Fatalf("found %+v, want b with its stamp and body", found)
	}
	for i, id := range []string{"d", "a", "c", "e", "aa"} {
		c.put(id, recordOf(im.Millis(i), number("level", fmt.Sprint(i%2)), text("map", "fire")))
	}
	c.want("all", im.Query{}, "a aa b c d e")
	c.want("one field", having("map", "fire"), "a aa c d e")
	c.want("two fields", having("map", "fire", "level", "1"), "a e")
	c.want("twice the same", having("map", "ice", "map", "ice"), "b")
	c.want("one field, two texts", having("map", "ice", "map", "fire"), "")
	c.want("nobody's text", having("map", "fir"), "")
	c.want("nobody's name", having("ma", "fire"), "")
	c.want("a name that is none", having("", ""), "")
	for _, other := range []im.Query{{App: c.app, Kind: im.KindGroup, Limit: 1}, {App: c.app + "x", Kind: im.KindRoom, Limit: 1}} {
		if found, err := b.log.Search(context.Background(), other); err != nil || len(found) > 0 {
			t.Errorf("search of another kind or app: %v, %v, want nothing", found, err)
		}
	}
}

func testSearchReplaced(t *testing.T, b *bench) {
	c := b.catalogue(t)
	c.put("a", recordOf(1, text("map", "ice"), text("mode", "duel")))
	c.put("b", recordOf(1, text("map", "ice")))
	c.put("a", recordOf(2, text("map", "fire"), text("mode", "duel"), boolean("open", "true")))
	c.want("what it had", having("map", "ice"), "b")
	c.want("what it has", having("map", "fire", "open", "true"), "a")
	c.want("what stays", having("mode", "duel"), "a")
	c.put("a", im.Record{Gone: true})
	c.want("gone", im.Query{}, "b")
	c.want("gone, by a field", having("mode", "duel"), "")
	c.put("a", im.Record{Gone: true})
	c.put("a", recordOf(3))
	c.want("back again", im.Query{}, "a b")
	c.want("back without fields", having("mode", "duel"), "")
	w := c.log("a")
	w.store(w.fact())
	c.want("an append without a record", im.Query{}, "a b")
}

func testSearchRefused(t *testing.T, b *bench) {
	c := b.catalogue(t)
	c.put("a", recordOf(1, text("map", "ice")))
	w := c.log("a")
	changed := recordOf(2, text("map", "fire"))
	a := im.Append{Addr: w.addr, Epoch: e1, Expected: 7, Entries: []im.Entry{{TS: w.ts + 1}}, Record: &changed, Floor: 9}
	if o := b.append(t, a); o != im.Refused {
		t.Fatalf("an append that does not fit: %v, want refused", o)
	}
	c.want("what it has", having("map", "ice"), "a")
	c.want("what was refused", having("map", "fire"), "")
	stored := w.store(w.message(""))
	wantEntries(t, "history", w.history(0, 10), stored)
}

// Several changes of one address may be in one batch of the log, and must see each other.
func testSearchInOrder(t *testing.T, b *bench) {
	c := b.catalogue(t)
	w := c.log("a")
	outcomes := make(chan im.Outcome, 200)
	for i := range cap(outcomes) {
		e := w.fact()
		r := recordOf(1, text("turn", fmt.Sprint(i)))
		if i%3 == 0 {
			r = im.Record{Gone: true}
		}
		err := b.log.Append(im.Append{
			Addr: w.addr, Epoch: e1, Expected: e.Seq - 1, Entries: []im.Entry{e}, Record: &r,
			Done: func(o im.Outcome) { outcomes <- o },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range cap(outcomes) {
		if o := receive(t, outcomes); o != im.Stored {
			t.Fatalf("a change of the record: %v, want stored", o)
		}
	}
	for i := range cap(outcomes) - 1 {
		c.want("an earlier turn", having("turn", fmt.Sprint(i)), "")
	}
	c.want("the last turn", having("turn", fmt.Sprint(cap(outcomes)-1)), "a")
	c.want("all", im.Query{}, "a")
	c.want("all but one", page(im.Query{}, 1, 10), "")
}

func testSearchSorts(t *testing.T, b *bench) {
	c := b.catalogue(t)
	for id, f := range map[string]im.Field{
		"n1": number("x", "-1e2"), "n2": number("x", "-3"), "n3": number("x", "0"), "n4": number("x", "2"),
		"n5": number("x", "2.0"), "n6": number("x", "10"), "n7": number("x", "9007199254740993"), "n8": number("x", "9007199254740994"),
		"n9": number("x", "1e400"), "s1": text("x", ""), "s2": text("x", "-5"), "s3": text("x", "B"), "s4": text("x", "a"),
		"s5": text("x", "é"), "t1": boolean("x", "false"), "t2": boolean("x", "true"), "z": text("y", "x"),
	} {
		c.put(id, recordOf(im.Millis(1000-len(f.Text)), f))
	}
	c.want("upwards", by(im.Query{}, "x"), "n1 n2 n3 n4 n5 n6 n7 n8 n9 s1 s2 s3 s4 s5 t1 t2 z")
	c.want("downwards", by(im.Query{}, "-x"), "t2 t1 s5 s4 s3 s2 s1 n9 n8 n7 n6 n4 n5 n3 n2 n1 z")
	c.want("by the stamp", page(by(im.Query{}, "ts", "-id"), 0, 4), "n8 n7 t1 n9")
	c.want("by the id", page(by(im.Query{}, "-id", "x"), 0, 3), "z t2 t1")
	c.want("by a name that nobody has", page(by(im.Query{}, "nothing"), 0, 2), "n1 n2")
	c.put("n2", recordOf(1, text("id", "zz"), text("ts", "zz"), number("x", "3")))
	c.want("names of the record's own come before fields", page(by(im.Query{}, "ts", "id"), 0, 1), "n2")
	c.want("changed", page(by(im.Query{}, "x"), 1, 4), "n3 n4 n5 n2")
}

func testSearchPages(t *testing.T, b *bench) {
	c := b.catalogue(t)
	var ids, odd []string
	for i := range 40 {
		id := fmt.Sprintf("r%02d", i)
		ids = append(ids, id)
		if i%2 == 1 {
			odd = append(odd, id)
		}
		c.put(id, recordOf(1, text("odd", fmt.Sprint(i%2)), number("rank", fmt.Sprint(-i))))
	}
	sorted := slices.Clone(ids)
	slices.Reverse(sorted)
	for _, tc := range []struct {
		what string
		q    im.Query
		want []string
	}{
		{"all", im.Query{}, ids},
		{"filtered", having("odd", "1"), odd},
		{"sorted", by(im.Query{}, "rank"), sorted},
		{"filtered and sorted", by(having("odd", "1"), "-rank"), odd},
	} {
		for _, skip := range []int{0, 1, 17, len(tc.want) - 1, len(tc.want), 100, 1e9} {
			for _, limit := range []int{1, 7, 1 << 40} {
				from := min(skip, len(tc.want))
				want := tc.want[from:min(len(tc.want), from+limit)]
				c.want(fmt.Sprintf("%s, skip %d, limit %d", tc.what, skip, limit), page(tc.q, skip, limit), strings.Join(want, " "))
			}
		}
	}
	if found := c.search(im.Query{}); len(found) > 0 {
		t.Errorf("limit 0 found %v", found)
	}
}

// Whatever a text looks like, it is found by itself and nothing else.
func testSearchTexts(t *testing.T, b *bench) {
	c := b.catalogue(t)
	long := strings.Repeat("x", 5000)
	texts := []string{
		"", "\x00", "\x00\x00", "a\x00b", "a", "$gt", `{"$ne":null}`, "*", ".*", "%", "\xff\xff", "true", "1", "1.0", "null",
		long[:255], long[:256], long[:257], long[:258], long, long + "y", long[:300] + "y", strings.Repeat("y", im.MaxAttributesBytes-1),
	}
	for i, s := range texts {
		c.put(fmt.Sprint("t", i), recordOf(1, text("t", s)))
	}
	for i, s := range texts {
		c.want(fmt.Sprintf("%.20q of %d bytes", s, len(s)), having("t", s), fmt.Sprint("t", i))
	}
	c.want("a longer one", having("t", long+"yy"), "")
	c.want("one that is too long", having("t", strings.Repeat("y", im.MaxAttributesBytes+1)), "")
	c.put("n", recordOf(1, number("t", "1"), number("u", "1.0")))
	c.put("o", recordOf(1, boolean("t", "true"), boolean("u", "false")))
	c.want("a number by its text", having("t", "1"), "n t12")
	c.want("not by its value", having("u", "1"), "")
	c.want("a boolean by its text", having("t", "true"), "o t11")
}

// More conditions than the log looks up at once hold altogether, too.
func testSearchManyConditions(t *testing.T, b *bench) {
	c := b.catalogue(t)
	var all im.Query
	fields := make([]im.Field, im.MaxAttributes)
	for i := range fields {
		name := fmt.Sprintf("%0*d", im.MaxAttributeName, i)
		fields[i] = text(name, "x")
		all.Where = append(all.Where, im.Condition{Name: name, Text: "x"})
	}
	c.put("all", recordOf(1, fields...))
	c.put("less", recordOf(1, fields[:len(fields)-1]...))
	c.put("other", recordOf(1, append(slices.Clone(fields[:len(fields)-1]), text(fields[len(fields)-1].Name, "y"))...))
	c.want("all conditions", all, "all")
	c.want("one less", im.Query{Where: all.Where[:len(fields)-1]}, "all less other")
	c.want("one more", im.Query{Where: append(slices.Clone(all.Where), im.Condition{Name: "x", Text: "x"})}, "")
}

func testSearchInvalid(t *testing.T, b *bench) {
	addr := b.address()
	tooMany := make([]im.Field, im.MaxAttributes+1)
	for i := range tooMany {
		tooMany[i] = text(fmt.Sprintf("%04d", i), "")
	}
	for _, tc := range []struct {
		what string
		r    im.Record
		want im.ErrorKind
	}{
		{"gone with fields", im.Record{Gone: true, Fields: []im.Field{text("a", "")}}, im.Invalid},
		{"gone with a body", im.Record{Gone: true, Body: []byte("x")}, im.Invalid},
		{"a stamp before 1970", recordOf(-1), im.Invalid},
		{"no name", recordOf(1, text("", "x")), im.Invalid},
		{"a NUL in a name", recordOf(1, text("a\x00", "x")), im.Invalid},
		{"names out of order", recordOf(1, text("b", "x"), text("a", "x")), im.Invalid},
		{"a name twice", recordOf(1, text("a", "x"), text("a", "y")), im.Invalid},
		{"no type", recordOf(1, im.Field{Name: "a", Text: "1"}), im.Invalid},
		{"an unknown type", recordOf(1, im.Field{Name: "a", Type: 4, Text: "1"}), im.Invalid},
		{"no number", recordOf(1, number("a", "one")), im.Invalid},
		{"an empty number", recordOf(1, number("a", "")), im.Invalid},
		{"a number and a blank", recordOf(1, number("a", "1 ")), im.Invalid},
		{"no boolean", recordOf(1, boolean("a", "1")), im.Invalid},
		{"a long name", recordOf(1, text(strings.Repeat("x", im.MaxAttributeName+1), "")), im.TooLong},
		{"too many fields", recordOf(1, tooMany...), im.TooLong},
		{"long fields", recordOf(1, text("a", strings.Repeat("x", im.MaxAttributesBytes))), im.TooLong},
		{"a long body", im.Record{TS: 1, Body: make([]byte, im.MaxRecordBody+1)}, im.TooLong},
	} {
		a := im.Append{Addr: addr, Entries: []im.Entry{{TS: now}}, Record: &tc.r}
		a.Done = func(im.Outcome) { t.Errorf("%s: done was called", tc.what) }
		if err := b.log.Append(a); err == nil || im.KindOf(err) != tc.want {
			t.Errorf("%s: %v, want kind %v", tc.what, err, tc.want)
		}
	}
	good := im.Query{App: "app", Kind: im.KindRoom, Limit: 1}
	for _, tc := range []struct {
		what   string
		change func(*im.Query)
		want   im.ErrorKind
	}{
		{"no app", func(q *im.Query) { q.App = "" }, im.Invalid},
		{"no kind", func(q *im.Query) { q.Kind = 0 }, im.Invalid},
		{"a negative skip", func(q *im.Query) { q.Skip = -1 }, im.Invalid},
		{"a negative limit", func(q *im.Query) { q.Limit = -1 }, im.Invalid},
		{"many sort keys", func(q *im.Query) { q.Sort = make([]im.SortKey, maxSortKeys+1) }, im.TooLong},
	} {
		q := good
		tc.change(&q)
		if _, err := b.log.Search(context.Background(), q); err == nil || im.KindOf(err) != tc.want {
			t.Errorf("%s: %v, want kind %v", tc.what, err, tc.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.log.Search(ctx, good); err != nil && im.KindOf(err) != im.Unavailable {
		t.Errorf("a search whose time is up: %v, want unavailable", err)
	}
}

func testSearchReopened(t *testing.T, b *bench) {
	c := b.catalogue(t)
	c.put("a", recordOf(1, text("map", "ice")))
	c.put("b", recordOf(2, text("map", "ice")))
	b.log = b.log.Reopen(t)
	c.want("as before", having("map", "ice"), "a b")
	c.put("a", recordOf(3, text("map", "fire")))
	c.want("changed", having("map", "ice"), "b")
	c.put("b", im.Record{Gone: true})
	c.want("gone", page(im.Query{}, 0, 2), "a")
	c.want("and counted", page(im.Query{}, 1, 2), "")
}

func testFloor(t *testing.T, b *bench) {
	w := b.writer(t)
	all := w.store(w.message(""), w.fact(), w.message("two"), w.message(""), w.fact())
	floor := func(n uint64) {
		t.Helper()
		e := w.fact()
		if o := b.append(t, im.Append{Addr: w.addr, Epoch: e1, Expected: e.Seq - 1, Entries: []im.Entry{e}, Floor: n}); o != im.Stored {
			t.Fatalf("floor %d: %v, want stored", n, o)
		}
	}
	before := w.load().Head
	floor(2)
	wantEntries(t, "above the floor", w.history(0, 10), all[3:4])
	floor(1)
	wantEntries(t, "the highest counts", w.history(0, 10), all[3:4])
	if h := w.load().Head; h.N != before.N || h.Seq != before.Seq+2 {
		t.Errorf("head %+v after two floors, %+v before", h, before)
	}
	if at, ok, err := b.log.Lookup(w.addr, "two"); !ok || err != nil || at.N != 2 {
		t.Errorf("the id of a hidden message: %+v, %v, %v, want it known", at, ok, err)
	}
	floor(3)
	wantEntries(t, "all hidden", w.history(0, 10), nil)
	wantEntries(t, "what comes after", w.store(w.message("")), w.history(0, 10))
	b.log = b.log.Reopen(t)
	if got := w.history(0, 10); len(got) != 1 || got[0].N != 4 {
		t.Errorf("history after reopening: %+v, want message 4", got)
	}
}
