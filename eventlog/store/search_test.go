package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// publishCmd makes the record of a room in a command of its own.
func publishCmd(a im.Address, seq uint64, r im.Record) []byte {
	return appendCmd(im.Append{Addr: a, Expected: seq - 1, Entries: []im.Entry{{TS: im.Millis(seq)}}, Record: &r})
}

// room returns the i-th room, and fill makes rooms 0 to n-1, on both shards.
func room(i int) im.Address { return im.Room("app", im.RoomID(fmt.Sprintf("room%05d", i))) }

func fill(t testing.TB, s *Store, n int) {
	t.Helper()
	index := [testShards + 1]uint64{}
	for i := range n {
		a := room(i)
		id := s.ShardOf(a)
		index[id]++
		r := im.Record{TS: 1, Body: []byte("body"), Fields: []im.Field{
			{Name: "half", Type: im.NumberField, Text: fmt.Sprint(i % 2)}, {Name: "third", Type: im.NumberField, Text: fmt.Sprint(i % 3)},
		}}
		update(t, shardOf(t, s, id), index[id], publishCmd(a, 1, r))
	}
}

func shardOf(t testing.TB, s *Store, id im.ShardID) *Shard {
	t.Helper()
	sh := s.Shard(id)
	if _, err := sh.Load(); err != nil {
		t.Fatal(err)
	}
	return sh
}

// actors are the shards that hold actors.
var actors = []im.ShardID{1, 2}

var allRooms = im.Query{App: "app", Kind: im.KindRoom, Limit: 20}

// What is skipped by id is not read: records that are broken are passed over, and hit when they are on the page. A skip
// beyond all records takes no step at all.
//
// Checked by breaking it: it fails if byID reads the record of each match, and if run does not ask for the count.
func TestSearch_SkipsWithoutReading(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	fill(t, s, 600)
	for i := range 300 {
		if err := s.db.Set(addressKey(nil, tableRecord, s.ShardOf(room(i)), room(i)), []byte("broken"), pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
	q := allRooms
	q.Skip = 300
	for _, where := range [][]im.Condition{nil, {{Name: "half", Text: "0"}}} {
		q.Where = where
		q.Skip = 300 / (1 + len(where))
		if found, err := s.Search(&q, actors, forEver); err != nil || len(found) != 20 || found[0].ID != "room00300" {
			t.Errorf("skip %d: %d records, %v, want 20 from room00300", q.Skip, len(found), err)
		}
		q.Skip--
		if _, err := s.Search(&q, actors, forEver); !errors.Is(err, errCorrupt) {
			t.Errorf("a broken record on the page: %v, want corrupt", err)
		}
	}
	r := s.newSearch(plan{app: "app", kind: im.KindRoom}, actors, forEver)
	found, err := r.run(1e9, 20)
	if cerr := r.close(); err != nil || cerr != nil || len(found) > 0 || r.alive.steps > 0 {
		t.Errorf("skip 10^9: %d records, %v, %v, in %d steps, want none", len(found), err, cerr, r.alive.steps)
	}
}

// Two conditions that hardly ever hold together are leapt over: the work is that of the rarer one.
//
// Checked by breaking it: without the seek in reach it takes a step for every record.
func TestSearch_LeapsToTheRarestCondition(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	fill(t, s, 2000)
	for _, i := range []int{7, 1500} {
		a := room(i)
		sh := shardOf(t, s, s.ShardOf(a))
		update(t, sh, sh.meta.applied+1, publishCmd(a, 2, im.Record{TS: 1, Fields: []im.Field{
			{Name: "half", Type: im.NumberField, Text: "1"}, {Name: "rare", Type: im.BoolField, Text: "true"},
		}}))
	}
	for _, where := range [][]im.Condition{
		{{Name: "half", Text: "1"}, {Name: "rare", Text: "true"}}, {{Name: "rare", Text: "true"}, {Name: "half", Text: "1"}},
	} {
		p, _ := newPlan(&im.Query{App: "app", Kind: im.KindRoom, Where: where})
		r := s.newSearch(p, actors, forEver)
		found, steps := 0, 0
		for id := im.ShardID(1); id <= testShards; id++ {
			n, moves := walkAll(t, r, id)
			found, steps = found+n, steps+moves
		}
		if err := r.close(); err != nil {
			t.Fatal(err)
		}
		if found != 2 || steps > 30 {
			t.Errorf("%v: found %d in %d steps, want 2 in a few", where, found, steps)
		}
	}
}

// walkAll walks the matches of a shard, and returns their number and how often a cursor moved.
func walkAll(t *testing.T, s *search, id im.ShardID) (found, moves int) {
	t.Helper()
	m, err := s.matchesOf(id)
	if err != nil {
		t.Fatal(err)
	}
	for ok := m.first(); ok; ok = m.next() {
		found++
	}
	for _, c := range m.cursors {
		st := c.it.Stats()
		moves += st.ForwardStepCount[pebble.InterfaceCall] + st.ForwardSeekCount[pebble.InterfaceCall]
	}
	if err := errors.Join(m.err, m.close()); err != nil {
		t.Fatal(err)
	}
	return found, moves
}

// A text that the index has only in part is compared with the record's: another one that has the same key is not found.
//
// Checked by breaking it: it is, if newPlan compares no texts that are cut.
func TestSearch_ComparesTextsThatAreCut(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	long := strings.Repeat("x", maxIndexText+1)
	a := room(0)
	update(t, s.Shard(s.ShardOf(a)), 1, publishCmd(a, 1, im.Record{TS: 1, Fields: []im.Field{{Name: "long", Type: im.StringField, Text: long}}}))
	q := allRooms
	for text, want := range map[string]int{long: 1, long + "y": 0} {
		key := indexKey(nil, s.ShardOf(a), a, &field{name: []byte("long"), text: []byte(text)})
		if err := s.db.Set(key, indexValue, pebble.NoSync); err != nil { // as if the two had the same hash
			t.Fatal(err)
		}
		q.Where = []im.Condition{{Name: "long", Text: text}}
		if found, err := s.Search(&q, actors, forEver); err != nil || len(found) != want {
			t.Errorf("a text of %d bytes: found %v, %v, want %d", len(text), found, err, want)
		}
	}
}

// A search asks while it works whether to go on, and ends with the answer.
//
// Checked by breaking it: it fails for a walk whose agree does not ask.
func TestSearch_EndsWhenNobodyWaits(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	fill(t, s, 3*stepsPerAsk)
	gone := errors.New("gone")
	last := allRooms
	last.Skip = 3*stepsPerAsk - 1
	sorted := allRooms
	sorted.Sort = []im.SortKey{{Name: "half"}}
	both := sorted
	both.Where = []im.Condition{{Name: "half", Text: "1"}}
	for _, q := range []im.Query{last, sorted, both} {
		if _, err := s.Search(&q, actors, func() error { return gone }); !errors.Is(err, gone) {
			t.Errorf("%+v: %v, want it to end", q, err)
		}
	}
}

// The longest key that a record makes can travel in a stream.
func TestIndexKey_FitsAStream(t *testing.T) {
	a := im.Address{App: im.AppID(strings.Repeat("a", im.MaxAppIDLen)), Kind: im.KindDialog, ID: strings.Repeat("i", 272)}
	if !a.Valid() {
		t.Fatal("not the longest address any more")
	}
	for _, n := range []int{maxIndexText, maxIndexText + 1, im.MaxAttributesBytes} {
		f := field{name: []byte(strings.Repeat("n", im.MaxAttributeName)), text: []byte(strings.Repeat("t", n))}
		if key := indexKey(nil, 1, a, &f); len(key) > maxStreamKey || !ownedBy(key, 1) {
			t.Errorf("a text of %d bytes makes a key of %d, want %d at most", n, len(key), maxStreamKey)
		}
	}
}

// Hundreds of records with as many fields as there may be are one command, and one batch far beyond its usual size: all of
// them are there, and go again.
func TestShard_ManyFieldsInOneCommand(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh := s.Shard(1)
	const records = 256
	full, gone := Begin(nil), Begin(nil)
	r := im.Record{TS: 1}
	for i := range im.MaxAttributes {
		r.Fields = append(r.Fields, im.Field{Name: fmt.Sprintf("%0*d", im.MaxAttributeName, i), Type: im.StringField, Text: strings.Repeat("x", 128)})
	}
	for i := range records {
		a := user(1, i)
		full = AppendEntries(full, &im.Append{Addr: a, Entries: []im.Entry{{TS: 1}}, Record: &r})
		gone = AppendEntries(gone, &im.Append{Addr: a, Expected: 1, Entries: []im.Entry{{TS: 2}}, Record: &im.Record{Gone: true}})
	}
	q := im.Query{App: "app", Kind: im.KindUser, Limit: records + 1, Where: []im.Condition{{Name: r.Fields[255].Name, Text: r.Fields[255].Text}}}
	for i, want := range []int{records, 0} {
		update(t, sh, uint64(i+1), [][]byte{full, gone}[i])
		if found, err := s.Search(&q, actors, forEver); err != nil || len(found) != want {
			t.Errorf("%d records found, %v, want %d", len(found), err, want)
		}
	}
	if err := checkIndex(s); err != nil {
		t.Error(err)
	}
}

// TestSearch_SurvivesPowerLoss: after a crash the records are those of some command, and index and counts agree with them.
func TestSearch_SurvivesPowerLoss(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := openMem(t, fs)
	sh, a := s.Shard(1), user(1, 0)
	for i := range uint64(10) {
		r := im.Record{TS: im.Millis(i), Fields: []im.Field{{Name: "turn", Type: im.NumberField, Text: fmt.Sprint(i)}}}
		if i%4 == 3 {
			r = im.Record{Gone: true}
		}
		update(t, sh, i+1, publishCmd(a, i+1, r))
		if i == 5 {
			if err := sh.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	s = openMem(t, crashed)
	defer closeStore(t, s)
	applied, err := s.Applied(1)
	if err != nil || applied < 6 {
		t.Fatalf("applied %d, %v, want at least 6", applied, err)
	}
	if err := checkIndex(s); err != nil {
		t.Error(err)
	}
	q := im.Query{App: "app", Kind: im.KindUser, Limit: 1, Where: []im.Condition{{Name: "turn", Text: fmt.Sprint(applied - 1)}}}
	want := 1
	if (applied-1)%4 == 3 {
		want = 0
	}
	if found, err := s.Search(&q, actors, forEver); err != nil || len(found) != want {
		t.Errorf("found %v, %v after command %d, want %d", found, err, applied, want)
	}
}
