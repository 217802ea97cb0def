package reads

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// withStore gives the nodes 60 groups to search, on all shards. Their fields are few, so that much coincides.
func (w *world) withStore(t testing.TB) {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{
		Shards: testShards, Bucket: 10_000, CacheBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, n := range w.nodes {
			n.Reads.Close() // whose answers may still read
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = s
	shards, index := map[im.ShardID]*store.Shard{}, map[im.ShardID]uint64{}
	for id := im.ShardID(1); id <= testShards; id++ {
		shards[id] = s.Shard(id)
		if _, err := shards[id].Load(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 {
		a := im.Group("app", im.GroupID(fmt.Sprintf("g%02d", i)))
		id := a.Shard(testShards)
		index[id]++
		cmd := store.AppendEntries(store.Begin(nil), &im.Append{Addr: a, Entries: []im.Entry{{TS: 1}}, Record: record(i)})
		if _, err := shards[id].Update([]store.Committed{{Index: index[id], Command: cmd}}); err != nil {
			t.Fatal(err)
		}
	}
}

func record(i int) *im.Record {
	r := &im.Record{TS: im.Millis(i % 7), Body: []byte(fmt.Sprintf(`{"i":%d}`, i))}
	if i%3 > 0 {
		r.Fields = append(r.Fields, im.Field{Name: "a", Type: im.NumberField, Text: []string{"1", "1.0", "-2e3", "20"}[i%4]})
	}
	if i%5 > 0 {
		r.Fields = append(r.Fields, im.Field{Name: "b", Type: im.StringField, Text: []string{"x", "xx", "\xff"}[i%3]})
	} else {
		r.Fields = append(r.Fields, im.Field{Name: "b", Type: im.BoolField, Text: "true"})
	}
	return r
}

// queries are all sorts of them.
func queries() (all []im.Query) {
	for _, sort := range [][]im.SortKey{
		nil,
		{{Name: "a"}},
		{{Name: "b", Descending: true}},
		{{Name: "b"}, {Name: "a", Descending: true}, {Name: "b", Descending: true}},
		{{Name: "ts", Descending: true}, {Name: "id", Descending: true}, {Name: "a"}},
		{{Name: "nothing"}},
	} {
		for _, where := range [][]im.Condition{nil, {{Name: "b", Text: "xx"}}, {{Name: "b", Text: "nothing"}}, {{Name: "\xff", Text: "\xfe"}}} {
			for _, page := range [][2]int{{0, 10}, {0, 100}, {7, 5}, {50, 20}, {59, 1}, {60, 1}, {1_000_000_000, 10}, {3, 0}} {
				all = append(all, im.Query{App: "app", Kind: im.KindGroup, Where: where, Sort: sort, Skip: page[0], Limit: page[1]})
			}
		}
	}
	return all
}

// Whatever is searched for, and wherever the shards are, what comes of several nodes is what one search of everything finds, in the
// same order; also when a page of keys holds only three, so that much is asked for again and again.
//
// Checked by breaking it: it fails when a source is put first whatever its key; when after is not sent; when a page that is empty
// and goes on is not filled; when a skip is of each node.
func TestSearch_IsWhatOneWholeSearchFinds(t *testing.T) {
	t.Parallel()
	for _, pageKeys := range []int{usualLimits.pageKeys, 3, 1} {
		t.Run(fmt.Sprint(pageKeys), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5, func(o *Options) { o.limits.pageKeys = pageKeys })
			w.withStore(t)
			for i, q := range queries() {
				want, err := w.store.Search(&q, w.nodes[0].all(), func() error { return nil })
				if err != nil {
					t.Fatal(err)
				}
				got, err := w.nodes[i%5].Reads.Search(t.Context(), q)
				if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
					t.Errorf("%+v: %v, %v, want %v", q, got, err, want)
				}
			}
		})
	}
}

// A node that has all shards searches them itself, and nobody is asked.
func TestSearch_OfWhatIsHereAsksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, nil)
	w.withStore(t)
	got, err := w.nodes[0].Reads.Search(t.Context(), im.Query{App: "app", Kind: im.KindGroup, Limit: 100})
	if log, _ := w.nodes[0].seen(); err != nil || len(got) != 60 || !slices.Equal(log, []string{"search"}) {
		t.Errorf("%d records, %v, asked %v", len(got), err, log)
	}
	w.wantAsked("the others", nil)
}

// A search asks as few nodes as have all shards together: this one for what it has, and of two that have as much the one that leads
// more of it.
//
// Checked by breaking it: with the first holder of each shard three others are asked; without the leads n2 is.
func TestSearch_AsksFewNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	w.voting = map[im.ShardID][]uint64{1: {1}, 2: {2, 3, 4}, 3: {3, 4, 5}, 4: {2, 3, 4}}
	w.leader = map[im.ShardID]uint64{1: 1, 2: 2, 3: 4, 4: 4}
	for _, c := range []struct {
		not  []string
		want []assignment
	}{
		{nil, []assignment{{"n1", []im.ShardID{1}}, {"n4", []im.ShardID{2, 3, 4}}}},
		{[]string{"n4"}, []assignment{{"n1", []im.ShardID{1}}, {"n3", []im.ShardID{2, 3, 4}}}},
		{[]string{"n4", "n3"}, []assignment{{"n1", []im.ShardID{1}}, {"n2", []im.ShardID{2, 4}}, {"n5", []im.ShardID{3}}}},
		{[]string{"n1"}, nil},
	} {
		got, err := w.nodes[0].plan(w.nodes[0].all(), c.not)
		if !reflect.DeepEqual(got, c.want) || (err != nil) != (c.want == nil) {
			t.Errorf("without %v: %v, %v, want %v", c.not, got, err, c.want)
		}
	}
}

// A node that goes in the middle of a search is replaced: what it has found counts, and others go on from there with each of its
// shards. Keys and records alike, and whether it says so or is just gone; this node's own log, too.
//
// Checked by breaking it: with after left out records come twice; without the list of those asked in vain it does not end.
func TestSearch_OthersGoOn(t *testing.T) {
	t.Parallel()
	q := im.Query{App: "app", Kind: im.KindGroup, Sort: []im.SortKey{{Name: "b"}}, Skip: 5, Limit: 50}
	for _, what := range []string{AskKeys, AskRecords} {
		for _, pageKeys := range []int{3, 1000} {
			for _, gone := range [][]int{{2}, {3}, {1}, {4}, {1, 4}, {2, 5}} {
				answered := 0
				if what == AskKeys && pageKeys == 3 {
					answered = 5 // three of them before it sorts
				}
				for _, says := range []bool{true, false} {
					w := newWorld(t, 5, func(o *Options) { o.limits.pageKeys = pageKeys })
					w.withStore(t)
					w.voting[3] = []uint64{3, 4, 5, 1, 2} // so that one may go anywhere
					w.voting[1], w.voting[2], w.voting[4] = []uint64{1, 2, 3}, []uint64{2, 3, 5}, []uint64{4, 5, 2}
					want, err := w.store.Search(&q, w.nodes[0].all(), func() error { return nil })
					if err != nil {
						t.Fatal(err)
					}
					for _, number := range gone {
						w.nodes[number-1].goAfter(what, answered, says || number == 1)
					}
					got, err := w.nodes[0].Reads.Search(t.Context(), q)
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("%v gone for %s, pages of %d, says so: %v: %d records, %v, want %d", gone, what, pageKeys, says, len(got), err, len(want))
					}
				}
			}
		}
	}
}

// goAfter makes a node answer so many questions of that sort, and no more.
func (n *node) goAfter(what string, questions int, says bool) {
	var asked int
	n.do(func(_ context.Context, this string) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		if this != what {
			return nil
		}
		if asked++; asked <= questions {
			return nil
		}
		if !says {
			panic(http.ErrAbortHandler)
		}
		return im.E("x", im.Unavailable, "")
	})
}

// A shard that nobody has who could be asked is waited for, for a while: it may be moving.
//
// Checked by breaking it: without planPatiently the second search fails as well.
func TestSearch_WithoutAHolderIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, func(o *Options) { o.times.search = 100 * time.Millisecond })
	w.withStore(t)
	w.mu.Lock()
	voting := w.voting[2]
	w.voting[2], w.leader[2] = nil, 0
	w.mu.Unlock()
	all := im.Query{App: "app", Kind: im.KindGroup, Limit: 100}
	began := time.Now()
	_, err := w.nodes[0].Reads.Search(t.Context(), all)
	wantKind(t, "nobody has it", err, im.Unavailable)
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("it took %v, want 100 ms", took)
	}

	w.nodes[0].o.times.search = patience
	w.nodes[0].Reads.local = &arriving{Local: w.nodes[0].Reads.local, arrive: func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.voting[2] = voting
	}}
	if got, err := w.nodes[0].Reads.Search(t.Context(), all); err != nil || len(got) != 60 {
		t.Errorf("when it has come: %d records, %v", len(got), err)
	}
}

// arriving is a log that hears of a shard's replicas at the fifth look.
type arriving struct {
	Local
	looks  int
	arrive func()
}

func (a *arriving) Membership(shard im.ShardID) (voting, joining []uint64, ok bool) {
	if a.looks++; a.looks == 5 {
		a.arrive()
	}
	return a.Local.Membership(shard)
}

// Who has waited long before it says that it is Unavailable had no majority; another one would have none either, and is not asked. A
// search that nobody waits for any more ends.
//
// Checked by breaking it: without the look at the time others are asked.
func TestSearch_LongUnavailableIsFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	w.withStore(t)
	asked := make(chan string, 100)
	for _, n := range w.nodes[1:] {
		n.do(func(ctx context.Context, _ string) error {
			asked <- n.name
			n.mu.Lock()
			defer n.mu.Unlock()
			wait := time.NewTimer(20 * time.Millisecond)
			defer wait.Stop()
			<-wait.C
			return im.E("x", im.Unavailable, "no majority")
		})
	}
	r := w.nodes[0].Reads
	r.o.times.search = 10 * time.Millisecond
	plan, err := r.plan(r.all(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Search(t.Context(), im.Query{App: "app", Kind: im.KindGroup, Limit: 100})
	wantKind(t, "no majority", err, im.Unavailable)
	if len(asked) > len(plan)-1 {
		t.Errorf("%d others were asked, want %d", len(asked), len(plan)-1)
	}

	for _, n := range w.nodes[1:] {
		n.answer(silent)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = r.Search(ctx, im.Query{App: "app", Kind: im.KindGroup, Limit: 100})
	wantKind(t, "given up", err, im.Unavailable)
}

// Records that are gone when they are fetched are left out; those that were not asked for are not taken.
func TestSearch_RecordsThatAreGoneAreLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	w.withStore(t)
	r := w.nodes[0].Reads
	q := im.Query{App: "app", Kind: im.KindGroup, Limit: 100}
	keys, err := r.keys(t.Context(), &q, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var theirs []im.FoundKey
	for _, k := range keys {
		if k.Shard == 2 {
			theirs = append(theirs, k)
		}
	}
	gone := im.FoundKey{Shard: 2, ID: group(2).ID}
	got, err := r.records(t.Context(), &q, append([]im.FoundKey{gone}, theirs...))
	if err != nil || len(got) != len(theirs) || got[0].ID != theirs[0].ID {
		t.Errorf("%d records, %v, want %d", len(got), err, len(theirs))
	}
	for name, p := range map[string][]byte{
		"another one": stream(t, oneRecord, end),
		"one twice":   stream(t, recordPart(theirs[0].ID), recordPart(theirs[0].ID), end),
		"no records":  stream(t, oneEntry, end),
	} {
		w.nodes[1].answer(says(p))
		_, err := r.askRecords(t.Context(), &q, "n2", theirs)
		wantKind(t, name, err, im.Unavailable)
	}
}

func recordPart(id string) *pb.ReadPart {
	return &pb.ReadPart{Records: []*pb.ReadRecord{{Id: []byte(id)}}}
}

// Errors of the log are those of the search, whatever node says them; what cannot be is refused.
func TestSearch_ErrorsAreTheLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	w.withStore(t)
	r := w.nodes[0].Reads
	for name, c := range map[string]struct {
		q    im.Query
		kind im.ErrorKind
	}{
		"no kind":       {im.Query{App: "app", Kind: 99, Limit: 1}, im.Invalid},
		"a bad skip":    {im.Query{App: "app", Kind: im.KindUser, Skip: -1, Limit: 1}, im.Invalid},
		"too many keys": {im.Query{App: "app", Kind: im.KindUser, Sort: make([]im.SortKey, store.MaxSortKeys+1), Limit: 1}, im.TooLong},
		"too long":      {im.Query{App: "app", Kind: im.KindUser, Where: []im.Condition{{Text: string(make([]byte, maxQuestion))}}, Limit: 1}, im.TooLong},
	} {
		_, err := r.Search(t.Context(), c.q)
		wantKind(t, name, err, c.kind)
	}
	w.nodes[2].fail(im.E("x", im.Overloaded, ""))
	w.nodes[1].fail(im.E("x", im.Overloaded, ""))
	_, err := r.Search(t.Context(), im.Query{App: "app", Kind: im.KindGroup, Limit: 1})
	wantKind(t, "overloaded", err, im.Overloaded)
}

// So many searches of several nodes are at work at a time; so many more wait for their turn, as long as they like to, and what goes
// beyond is Overloaded.
//
// Checked by breaking it: without the slots nobody waits, without the limit the last one does.
func TestSearch_TurnsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, func(o *Options) { o.limits.searches = 1 })
	w.withStore(t)
	r := w.nodes[0].Reads
	q := im.Query{App: "app", Kind: im.KindGroup, Limit: 1}
	for range cap(r.turns.slots) {
		r.turns.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error, 1)
	go func() {
		_, err := r.Search(ctx, q)
		waited <- err
	}()
	eventually(t, "it waits", func() bool { return r.turns.waiting.Load() == 1 })
	_, err := r.Search(t.Context(), q)
	wantKind(t, "one more", err, im.Overloaded)
	cancel()
	wantKind(t, "given up", <-waited, im.Unavailable)
	r.turns.leave()
	if _, err := r.Search(t.Context(), q); err != nil {
		t.Errorf("when there is a slot: %v", err)
	}
}

// A search that sorts and leaves out more than there is looks first, by id, how much there is: each page of sorted keys costs a look at
// everything.
//
// Checked by breaking it: without the look one node is asked for a page again and again.
func TestSearch_FarSkipsAreCheap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, func(o *Options) { o.limits.pageKeys = 20 })
	w.withStore(t)
	sorted := 0
	for _, n := range w.nodes {
		n.o.Local = counting{n.o.Local, &sorted}
		n.local = n.o.Local
	}
	got, err := w.nodes[0].Reads.Search(t.Context(), im.Query{App: "app", Kind: im.KindGroup, Sort: []im.SortKey{{Name: "a"}}, Skip: 61, Limit: 1})
	if err != nil || len(got) > 0 || sorted > 0 {
		t.Errorf("%d records, %v, after %d sorted pages, want none", len(got), err, sorted)
	}
}

// counting counts the sorted pages of a log.
type counting struct {
	Local
	sorted *int
}

func (c counting) SearchKeys(ctx context.Context, q im.Query, shards []im.ShardID, after *im.FoundKey, limit int) ([]im.FoundKey, bool, error) {
	if len(q.Sort) > 0 {
		*c.sorted++
	}
	return c.Local.SearchKeys(ctx, q, shards, after, limit)
}
