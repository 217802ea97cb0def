package store

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/eventlog/logtest"
	"github.com/parley-im/parley/im"
)

// catalogue is a store of two shards with records, and the in-memory log that it must agree with.
type catalogue struct {
	fs    *vfs.MemFS
	s     *Store
	sh    map[im.ShardID]*Shard
	model *logtest.Memory
	heads map[im.Address]im.Head
	index uint64
}

// What is drawn from: few of each, so that much coincides, and texts that are easily taken for one another.
var (
	rooms      = []im.RoomID{"a", "aa", "ab", "b", "c", "d", "e", "f"}
	fieldNames = []string{"a", "aa", "b", "id", "ts"}
	fieldTexts = []string{
		"", "x", "x\x00", "xx", "1", "true", strings.Repeat("x", maxIndexText), strings.Repeat("x", maxIndexText+1),
		strings.Repeat("x", maxIndexText) + "y",
	}
	fieldNumbers = []string{"1", "1.0", "-1", "0", "-0.0", "10", "0.1e2", "1e-5", "1e300", "12345678901234567890", "12345678901234567891"}
)

func (c *catalogue) open(t *rapid.T) {
	c.s = openRapid(t, c.fs)
	c.sh = map[im.ShardID]*Shard{}
	for id := im.ShardID(1); id <= testShards; id++ {
		c.sh[id] = c.s.Shard(id)
		if _, err := c.sh[id].Load(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSearch_AgreesWithABruteForceScan changes records at random, several in a command, restarts and streams the shards, and
// holds the index to the records, and every search to one that looks at everything; also with so little room to sort that
// it goes over the matches again and again.
//
// Checked by breaking it: it fails if reindex keeps what a record has no more; if publish reads the stored record in spite
// of one in the same batch; if offer forgets bound.
func TestSearch_AgreesWithABruteForceScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &catalogue{fs: vfs.NewMem(), model: logtest.NewMemory(logtest.Options{Shards: testShards}), heads: map[im.Address]im.Head{}}
		c.open(t)
		defer func() {
			if err := c.s.Close(); err != nil {
				t.Fatal(err)
			}
			c.model.Close() //nolint:errcheck // it never fails
		}()
		t.Repeat(map[string]func(*rapid.T){
			"change":  c.change,
			"restart": c.restart,
			"stream":  c.stream,
			"search":  c.search,
			"":        c.check,
		})
	})
}

// change puts a few appends into one command.
func (c *catalogue) change(t *rapid.T) {
	id := im.ShardID(rapid.IntRange(1, testShards).Draw(t, "shard"))
	cmd, want := Begin(nil), []byte{}
	for range rapid.IntRange(1, 6).Draw(t, "changes") {
		addr := im.Room("app", rapid.SampledFrom(rooms).Draw(t, "room"))
		if addr.Shard(testShards) != id {
			continue
		}
		h := c.heads[addr]
		a := im.Append{Addr: addr, Expected: h.Seq, Entries: []im.Entry{{TS: h.TS + 1}}, Record: drawRecord(t)}
		if rapid.IntRange(0, 9).Draw(t, "misfit") == 0 {
			a.Expected++
		}
		outcome := make(chan im.Outcome, 1)
		a.Done = func(o im.Outcome) { outcome <- o }
		if err := c.model.Append(a); err != nil {
			t.Fatal(err)
		}
		cmd, want = AppendEntries(cmd, &a), append(want, result(<-outcome == im.Stored))
		c.heads[addr] = c.model.Head(addr)
	}
	c.index++
	got, err := c.sh[id].Update([]Committed{{c.index, cmd}})
	if err != nil || !bytes.Equal(got[0], want) {
		t.Fatalf("results %v, %v, want %v", got, err, want)
	}
}

func drawRecord(t *rapid.T) *im.Record {
	if rapid.IntRange(0, 4).Draw(t, "gone") == 0 {
		return &im.Record{Gone: true}
	}
	r := &im.Record{TS: im.Millis(rapid.IntRange(0, 3).Draw(t, "ts")), Body: rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "body")}
	for _, name := range fieldNames {
		switch rapid.IntRange(0, 4).Draw(t, name) {
		case 0:
			r.Fields = append(r.Fields, im.Field{Name: name, Type: im.NumberField, Text: rapid.SampledFrom(fieldNumbers).Draw(t, "number")})
		case 1:
			r.Fields = append(r.Fields, im.Field{Name: name, Type: im.BoolField, Text: fmt.Sprint(rapid.Bool().Draw(t, "bool"))})
		case 2, 3:
			r.Fields = append(r.Fields, im.Field{Name: name, Type: im.StringField, Text: rapid.SampledFrom(fieldTexts).Draw(t, "text")})
		}
	}
	return r
}

func drawQuery(t *rapid.T) im.Query {
	q := im.Query{App: "app", Kind: im.KindRoom, Skip: rapid.IntRange(0, 9).Draw(t, "skip"), Limit: rapid.IntRange(0, 9).Draw(t, "limit")}
	for range rapid.IntRange(0, 3).Draw(t, "conditions") {
		q.Where = append(q.Where, im.Condition{
			Name: rapid.SampledFrom(fieldNames).Draw(t, "name"),
			Text: rapid.SampledFrom(slices.Concat(fieldTexts, fieldNumbers, []string{"false"})).Draw(t, "text"),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "sort keys") {
		q.Sort = append(q.Sort, im.SortKey{Name: rapid.SampledFrom(fieldNames).Draw(t, "key"), Descending: rapid.Bool().Draw(t, "down")})
	}
	return q
}

func (c *catalogue) search(t *rapid.T) {
	q := drawQuery(t)
	want, err := c.model.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.s.Search(&q, actors, forEver)
	if err != nil {
		t.Fatal(err)
	}
	same(t, fmt.Sprintf("search %+v", q), fmt.Sprint(got), fmt.Sprint(want))
	p, ok := newPlan(&q)
	if !ok || q.Limit == 0 {
		return
	}
	s := c.s.newSearch(p, actors, forEver)
	s.maxTop, s.maxTopBytes = rapid.IntRange(1, 4).Draw(t, "room"), rapid.SampledFrom([]int{1, 1000, 1 << 20}).Draw(t, "bytes")
	got, err = s.run(q.Skip, q.Limit)
	if cerr := s.close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	same(t, fmt.Sprintf("search %+v with little room", q), fmt.Sprint(got), fmt.Sprint(want))
}

func forEver() error { return nil }

func (c *catalogue) restart(t *rapid.T) {
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	c.open(t)
}

// stream moves each shard over itself, as a replica sends it to another.
func (c *catalogue) stream(t *rapid.T) {
	before := dumpRapid(t, c.s)
	for id, sh := range c.sh {
		if applied, err := c.s.Applied(id); err != nil || applied == 0 {
			continue // a shard without a meta record is never streamed
		}
		var buf bytes.Buffer
		v := sh.View()
		if err := v.Save(&buf, nil); err != nil {
			t.Fatal(err)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		if err := sh.Recover(&buf, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := dumpRapid(t, c.s); !maps.Equal(got, before) {
		t.Fatalf("%d keys before the stream, %d after", len(before), len(got))
	}
}

// check holds the index and the counts to the records.
func (c *catalogue) check(t *rapid.T) {
	if err := checkIndex(c.s); err != nil {
		t.Fatal(err)
	}
}

// checkIndex reports what of the index and the counts does not follow from the records.
func checkIndex(s *Store) error {
	want, got := map[string]bool{}, map[string]bool{}
	counts := map[string]uint64{}
	it, err := s.db.NewIter(nil)
	if err != nil {
		return err
	}
	defer it.Close() //nolint:errcheck // it reads memory
	for it.First(); it.Valid(); it.Next() {
		key := bytes.Clone(it.Key())
		switch key[0] {
		case tableRecord:
			a, _, ok := im.CutKey(key[1+shardBytes:])
			var p public
			if err := decodePublic(it.Value(), &p); err != nil || !ok {
				return fmt.Errorf("record %x: %w", key, err)
			}
			for i := range p.fields {
				want[string(indexKey(nil, s.ShardOf(a), a, &p.fields[i]))] = true
			}
			counts[string(countKey(nil, s.ShardOf(a), a.App, a.Kind))]++
		case tableIndex:
			got[string(key)] = true
		}
	}
	if !maps.Equal(want, got) {
		return fmt.Errorf("the index has %d keys, by the records it has %d", len(got), len(want))
	}
	for it.First(); it.Valid(); it.Next() {
		if key := string(it.Key()); key[0] == tableCount {
			n, err := decodeCount(it.Value())
			if err != nil || n != counts[key] {
				return fmt.Errorf("%x counts %d records, %w, there are %d", key, n, err, counts[key])
			}
			delete(counts, key)
		}
	}
	if len(counts) > 0 {
		return fmt.Errorf("records without a count: %v", counts)
	}
	return it.Error()
}
