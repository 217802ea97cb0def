package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// rooms makes 20 rooms with records, on both shards of l.
func rooms(t *testing.T, l *eventlog.Log) {
	t.Helper()
	done := make(chan im.Outcome, 20)
	for i := range cap(done) {
		a := im.Room("app", im.RoomID(fmt.Sprintf("room%02d", i)))
		err := l.Append(im.Append{
			Addr: a, Epoch: im.Epoch{Term: 1, Activation: 1}, Entries: []im.Entry{{TS: 1}}, Done: func(o im.Outcome) { done <- o },
			Record: &im.Record{TS: im.Millis(100 - i), Body: []byte(a.ID)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range cap(done) {
		if o := <-done; o != im.Stored {
			t.Fatal(o)
		}
	}
}

var byStamp = im.Query{App: "app", Kind: im.KindRoom, Sort: []im.SortKey{{Name: "ts"}}, Skip: 7, Limit: 20}

// What the shards have one by one is what a search of all finds, once it is merged; skip and limit of the query count for nothing.
// The records of the keys come in the order of the keys.
func TestSearchKeys_OfEachShardAreAllTogether(t *testing.T) {
	t.Parallel()
	l := openHurried(t, eventlog.Options{})
	defer closeLog(t, l)
	rooms(t, l)
	one, more1, err := l.SearchKeys(t.Context(), byStamp, []im.ShardID{1}, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	two, more2, err := l.SearchKeys(t.Context(), byStamp, []im.ShardID{2}, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(one) == 0 || len(two) == 0 || more1 || more2 {
		t.Fatalf("%d and %d keys, more %v and %v", len(one), len(two), more1, more2)
	}
	var merged []im.FoundKey
	for len(one)+len(two) > 0 {
		from := &one
		if len(one) == 0 || len(two) > 0 && store.CompareKeys(&byStamp, &two[0], &one[0]) < 0 {
			from = &two
		}
		merged, *from = append(merged, (*from)[0]), (*from)[1:]
	}
	both, more, err := l.SearchKeys(t.Context(), byStamp, []im.ShardID{2, 1}, &merged[3], 5)
	if err != nil || !more || fmt.Sprint(both) != fmt.Sprint(merged[4:9]) {
		t.Errorf("%v, %v, %v, want %v", both, more, err, merged[4:9])
	}
	q := byStamp
	q.Skip = 0
	want, err := l.Search(t.Context(), q)
	if err != nil || len(want) != 20 {
		t.Fatal(want, err)
	}
	got, err := l.Records(t.Context(), "app", im.KindRoom, merged)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

// asks are the three ways to ask for shards 1 and 2, and for shard 1 alone.
func asks(l *eventlog.Log) (both, first map[string]func(context.Context) error) {
	keys := func(shards ...im.ShardID) func(context.Context) error {
		return func(ctx context.Context) error {
			_, _, err := l.SearchKeys(ctx, lobby, shards, nil, 20)
			return err
		}
	}
	records := func(shards ...im.ShardID) func(context.Context) error {
		var all []im.FoundKey
		for _, id := range shards {
			all = append(all, im.FoundKey{Shard: id, ID: "room"}, im.FoundKey{Shard: id, ID: "other"})
		}
		return func(ctx context.Context) error {
			_, err := l.Records(ctx, "app", im.KindRoom, all)
			return err
		}
	}
	whole := func(ctx context.Context) error {
		_, err := l.Search(ctx, lobby)
		return err
	}
	both = map[string]func(context.Context) error{"search": whole, "keys": keys(1, 2), "records": records(2, 1)}
	return both, map[string]func(context.Context) error{"keys": keys(1), "records": records(1)}
}

// needsOnly holds that what asks for both shards fails as Unavailable, and what asks for the first alone does not.
func needsOnly(t *testing.T, l *eventlog.Log, want string) {
	t.Helper()
	both, first := asks(l)
	for what, ask := range both {
		if err := ask(t.Context()); err == nil || im.KindOf(err) != im.Unavailable {
			t.Errorf("%s of both: %v, want unavailable: %s", what, err, want)
		}
	}
	for what, ask := range first {
		if err := ask(t.Context()); err != nil {
			t.Errorf("%s of the first: %v", what, err)
		}
	}
}

// Keys and records need a majority of the shards that they are of, and of no other; neither may a shard be missing here, or be in
// the middle of being replaced.
//
// Checked by breaking it: it fails when search waits for the barriers of all shards, or for none, and when it keeps all of them
// whole.
func TestSearchKeys_NeedTheirShardsOnly(t *testing.T) {
	t.Parallel()
	t.Run("without a majority", func(t *testing.T) {
		t.Parallel()
		l := openHurried(t, eventlog.Options{BarrierTimeout: time.Second})
		defer closeLog(t, l)
		if err := l.StopReplica(2); err != nil {
			t.Fatal(err)
		}
		needsOnly(t, l, "no majority")
	})
	t.Run("being replaced", func(t *testing.T) {
		t.Parallel()
		l := openHurried(t, eventlog.Options{})
		defer closeLog(t, l)
		defer l.Replacing(2)()
		needsOnly(t, l, "replaced")
	})
	t.Run("not here", func(t *testing.T) {
		t.Parallel()
		o := without(t, 2)
		o.BarrierTimeout = patience // the first shard elects its leader meanwhile
		l := openPart(t, o)
		defer closeLog(t, l)
		needsOnly(t, l, "not here")
	})
}

// What cannot be answered is refused before anything is waited for.
func TestSearchKeys_RefuseWhatCannotBe(t *testing.T) {
	t.Parallel()
	l := openHurried(t, eventlog.Options{})
	defer closeLog(t, l)
	foreign := &im.FoundKey{Shard: 1, ID: "room", Values: []im.SortValue{{Kind: im.NumberField, Text: "1"}}}
	for what, c := range map[string]struct {
		shards []im.ShardID
		after  *im.FoundKey
		limit  int
	}{
		"the cluster's own shard":        {[]im.ShardID{0, 1}, nil, 1},
		"a shard that does not exist":    {[]im.ShardID{1, 3}, nil, 1},
		"a shard twice":                  {[]im.ShardID{2, 1, 2}, nil, 1},
		"no keys":                        {[]im.ShardID{1}, nil, 0},
		"after a key of another order":   {[]im.ShardID{1}, foreign, 1},
		"after a key that is of nothing": {[]im.ShardID{1}, &im.FoundKey{}, 1},
	} {
		if _, _, err := l.SearchKeys(t.Context(), lobby, c.shards, c.after, c.limit); err == nil || im.KindOf(err) != im.Invalid {
			t.Errorf("%s: %v, want invalid", what, err)
		}
	}
	for what, k := range map[string]im.FoundKey{
		"a record of the cluster's own shard": {ID: "room"}, "a record of no shard": {Shard: 3, ID: "room"}, "a record without an id": {Shard: 1},
	} {
		if _, err := l.Records(t.Context(), "app", im.KindRoom, []im.FoundKey{k}); err == nil || im.KindOf(err) != im.Invalid {
			t.Errorf("%s: %v, want invalid", what, err)
		}
	}
	q := lobby
	q.Skip, q.Limit = -1, -1
	if _, _, err := l.SearchKeys(t.Context(), q, []im.ShardID{1}, nil, 1); err != nil {
		t.Errorf("skip and limit of the query: %v", err)
	}
	if keys, more, err := l.SearchKeys(t.Context(), lobby, nil, nil, 1); err != nil || more || keys != nil {
		t.Errorf("of no shard: %v, %v, %v", keys, more, err)
	}
	if found, err := l.Records(t.Context(), "app", im.KindRoom, nil); err != nil || found != nil {
		t.Errorf("of no key: %v, %v", found, err)
	}
}

// Keys and records wait for their turn with searches, are told the same when there is none for them or they are given up, and
// nothing once the log is closed.
//
// Checked by breaking it: it fails when SearchKeys or Records does not go by search.
func TestSearchKeys_ShareTheBoundsOfSearches(t *testing.T) {
	t.Parallel()
	l := openHurried(t, eventlog.Options{QueueReads: 1})
	both, _ := asks(l)
	atOnce, leave := l.SearchLimits()
	for range atOnce - 1 {
		l.SearchLimits()
	}
	for what, ask := range both {
		ctx, cancel := context.WithCancelCause(t.Context())
		answers := make(chan error, 2)
		for range cap(answers) {
			go func() { answers <- ask(ctx) }()
		}
		if err := <-answers; im.KindOf(err) != im.Overloaded {
			t.Errorf("%s, one too many: %v, want overloaded", what, err)
		}
		tired := errors.New("tired")
		cancel(tired)
		if err := <-answers; !errors.Is(err, tired) || im.KindOf(err) != im.Unavailable {
			t.Errorf("%s, the one that waited: %v, want unavailable for its reason", what, err)
		}
	}
	for range atOnce {
		leave()
	}
	for what, ask := range both {
		if err := ask(t.Context()); err != nil {
			t.Errorf("%s, when there is room: %v", what, err)
		}
	}
	closeLog(t, l)
	for what, ask := range both {
		if err := ask(t.Context()); im.KindOf(err) != im.Unavailable {
			t.Errorf("%s of a closed log: %v", what, err)
		}
	}
}
