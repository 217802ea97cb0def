package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// findKeys are the ways to find the rooms that fill makes: by id, by id with conditions, and sorted.
func findKeys() []im.Query {
	plain := allRooms
	where, sorted := plain, plain
	where.Where = []im.Condition{{Name: "half", Text: "1"}, {Name: "third", Text: "1"}}
	sorted.Sort = []im.SortKey{{Name: "half", Descending: true}, {Name: "id", Descending: true}}
	return []im.Query{plain, where, sorted}
}

// A search goes on after a key though its record is gone meanwhile, and leaves the record out where it was to be shown.
//
// Checked by breaking it: it fails if from takes a step without looking where it is, or moves one cursor only; and if Records takes
// what is not there for corrupt.
func TestSearchKeys_GoOnAfterARecordThatIsGone(t *testing.T) {
	for i, q := range findKeys() {
		s := openMem(t, vfs.NewMem())
		fill(t, s, 60)
		all, more, err := s.SearchKeys(&q, actors, nil, 100, forEver)
		if err != nil || more || len(all) < 10 {
			t.Fatalf("query %d: %d keys, %v, %v", i, len(all), more, err)
		}
		for n, k := range all {
			sh := shardOf(t, s, k.Shard)
			update(t, sh, sh.meta.applied+1, publishCmd(im.Room("app", im.RoomID(k.ID)), 2, im.Record{Gone: true}))
			rest, _, err := s.SearchKeys(&q, actors, &k, 100, forEver)
			if err != nil || fmt.Sprint(rest) != fmt.Sprint(all[n+1:]) {
				t.Errorf("query %d, after key %d: %v, %v, want %v", i, n, rest, err, all[n+1:])
			}
			found, err := s.Records(q.App, q.Kind, all, forEver)
			if err != nil || len(found) != len(rest) || len(found) > 0 && found[0].ID != rest[0].ID {
				t.Errorf("query %d, records: %v, %v, want those of %v", i, found, err, rest)
			}
		}
		closeStore(t, s)
	}
}

// A page of keys has as many as there may be, in number or in bytes, and says that others follow; they come with the next.
//
// Checked by breaking it: it fails if keys does not bound the limit, and if SearchKeys leaves the bytes to those of Search.
func TestSearchKeys_BoundThePage(t *testing.T) {
	const many, few = MaxKeys + 100, 150
	long := strings.Repeat("x", im.MaxAttributesBytes-100)
	for what, c := range map[string]struct {
		records int
		text    string
		sort    []im.SortKey
		pages   int
	}{
		"many by id":        {many, "x", nil, 2},
		"many sorted":       {many, "x", []im.SortKey{{Name: "f"}}, 2},
		"few of long texts": {few, long, []im.SortKey{{Name: "f"}}, few*len(long)/MaxKeysBytes + 1},
	} {
		s := openMem(t, vfs.NewMem())
		sh := s.Shard(1)
		r := im.Record{TS: 1, Fields: []im.Field{{Name: "f", Type: im.StringField, Text: c.text}}}
		for cmd, i, n := Begin(nil), 0, 0; n < c.records; i++ {
			a := room(i)
			if s.ShardOf(a) != 1 {
				continue
			}
			cmd = AppendEntries(cmd, &im.Append{Addr: a, Entries: []im.Entry{{TS: 1}}, Record: &r})
			if n++; n%1000 == 0 || n == c.records {
				update(t, sh, uint64(n), cmd)
				cmd = Begin(cmd[:0])
			}
		}
		q := allRooms
		q.Sort = c.sort
		var last *im.FoundKey
		total, pages := 0, 0
		for more := true; more; pages++ {
			var page []im.FoundKey
			var err error
			if page, more, err = s.SearchKeys(&q, actors, last, 2*many, forEver); err != nil || len(page) == 0 {
				t.Fatalf("%s: page %d has %d keys, %v", what, pages, len(page), err)
			}
			if len(page) > MaxKeys || c.sort != nil && len(page)*len(c.text) > MaxKeysBytes {
				t.Errorf("%s: page %d has %d keys of %d bytes", what, pages, len(page), len(c.text))
			}
			total, last = total+len(page), &page[len(page)-1]
		}
		if total != c.records || pages != c.pages {
			t.Errorf("%s: %d keys in %d pages, want %d in %d", what, total, pages, c.records, c.pages)
		}
		closeStore(t, s)
	}
}

// What no search can have found is refused: it may have come from elsewhere. Comparing it does no harm.
func TestCheckKey_RefusesWhatNobodyFound(t *testing.T) {
	q := allRooms
	q.Sort = []im.SortKey{{Name: "n"}, {Name: "n", Descending: true}, {Name: "id"}}
	good := func() im.FoundKey {
		return im.FoundKey{Shard: 1, ID: "room", Values: []im.SortValue{{Kind: im.NumberField, Text: "1"}}}
	}
	for what, change := range map[string]func(*im.FoundKey){
		"nothing":                        func(*im.FoundKey) {},
		"a value that is not there":      func(k *im.FoundKey) { k.Values[0] = im.SortValue{} },
		"no shard":                       func(k *im.FoundKey) { k.Shard = 0 },
		"a shard that cannot be":         func(k *im.FoundKey) { k.Shard = MaxShard + 1 },
		"no id":                          func(k *im.FoundKey) { k.ID = "" },
		"an id that cannot be":           func(k *im.FoundKey) { k.ID = "a\x00b" },
		"no values":                      func(k *im.FoundKey) { k.Values = nil },
		"a value more":                   func(k *im.FoundKey) { k.Values = append(k.Values, k.Values[0]) },
		"a text without a type":          func(k *im.FoundKey) { k.Values[0].Kind = 0 },
		"a type that there is not":       func(k *im.FoundKey) { k.Values[0].Kind = im.BoolField + 1 },
		"a text that is not of its type": func(k *im.FoundKey) { k.Values[0].Text = "one" },
		"a text that is too long": func(k *im.FoundKey) {
			k.Values[0] = im.SortValue{Kind: im.StringField, Text: strings.Repeat("x", im.MaxAttributesBytes+1)}
		},
	} {
		k, other := good(), good()
		change(&k)
		err := CheckKey(&q, &k)
		if fine := what == "nothing" || what == "a value that is not there"; (err == nil) != fine || err != nil && im.KindOf(err) != im.Invalid {
			t.Errorf("%s: %v", what, err)
		}
		if a, b := CompareKeys(&q, &k, &other), CompareKeys(&q, &other, &k); a != -b {
			t.Errorf("%s: %d one way, %d the other", what, a, b)
		}
	}
}

// Whoever asks for keys or records is asked whether to go on, and the answer ends it.
//
// Checked by breaking it: it fails if Records does not ask.
func TestSearchKeys_EndWhenNobodyWaits(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	fill(t, s, 3*stepsPerAsk)
	gone := errors.New("gone")
	stop := func() error { return gone }
	for i, q := range findKeys() {
		if keys, _, err := s.SearchKeys(&q, actors, nil, 1000, stop); !errors.Is(err, gone) || keys != nil {
			t.Errorf("query %d: %d keys, %v, want it to end", i, len(keys), err)
		}
	}
	all, _, err := s.SearchKeys(&allRooms, actors, nil, 1000, forEver)
	if err != nil || len(all) != 3*stepsPerAsk {
		t.Fatalf("%d keys, %v", len(all), err)
	}
	if found, err := s.Records("app", im.KindRoom, all, stop); !errors.Is(err, gone) || found != nil {
		t.Errorf("%d records, %v, want it to end", len(found), err)
	}
}
