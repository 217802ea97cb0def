package reads

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"runtime"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// stream returns parts as they travel.
func stream(t testing.TB, parts ...*pb.ReadPart) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts {
		if err := writePart(&b, p); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func length(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

var (
	end       = &pb.ReadPart{End: &pb.ReadEnd{}}
	oneEntry  = &pb.ReadPart{Entries: []*pb.ReadEntry{{N: 1}}}
	oneRecord = &pb.ReadPart{Records: []*pb.ReadRecord{{Id: []byte("a")}}}
)

// says makes a node answer with these bytes, and then stop.
func says(b []byte) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // a client that is gone
		w.Write(b)                  //nolint:errcheck // as above
	}
}

// longPart is a part of one entry that is longer than any may be.
func longPart(t testing.TB) []byte {
	t.Helper()
	b, err := proto.Marshal(&pb.ReadPart{Entries: []*pb.ReadEntry{{Body: make([]byte, maxPart)}}})
	if err != nil {
		t.Fatal(err)
	}
	return append(length(uint32(len(b))), b...)
}

// A node that says what it was not asked, or nothing that can be understood, counts as Unavailable, whatever it says, and nothing of it
// is used; it can be told from one that says that it is unavailable.
//
// Checked by breaking it: each row is an answer, or hangs, without its check in readPart, readAll or next.
func TestAnswer_FoulOnesAreUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	r, n2 := w.nodes[0].Reads, w.nodes[1]
	history := &pb.Read{What: &pb.Read_History{History: &pb.ReadHistory{Of: pb.NewAddress(group(2)), Limit: 2}}}
	for name, b := range map[string][]byte{
		"nothing":                 nil,
		"a length that is cut":    {0, 0},
		"a length and no part":    length(10),
		"a part that is cut":      stream(t, oneEntry)[:partHead+1],
		"no end":                  stream(t, oneEntry),
		"a part without a byte":   length(0),
		"a part that is too long": append(longPart(t), stream(t, end)...),
		"the longest length":      length(1<<32 - 1),
		"garbage":                 append(length(4), 0xff, 0xff, 0xff, 0xff),
		"text":                    []byte("HTTP/1.1 200 OK\r\n\r\n"),
		"a part without an item":  append(append(length(2), 0x78, 0x01), stream(t, end)...), // a field that nobody knows
		"more than was asked":     stream(t, oneEntry, oneEntry, oneEntry, end),
		"more in the last part":   stream(t, oneEntry, oneEntry, &pb.ReadPart{Entries: oneEntry.Entries, End: end.End}),
		"something else":          stream(t, oneRecord, end),
		"something else beside":   stream(t, &pb.ReadPart{Entries: oneEntry.Entries, Records: oneRecord.Records}, end),
		"something after it":      append(stream(t, oneEntry, end), 0),
		"another answer":          stream(t, end, end),
	} {
		n2.answer(says(b))
		a, err := r.ask(t.Context(), "n2", history)
		if err == nil {
			var entries []im.Entry
			if entries, err = a.entries(2); len(entries) > 0 {
				t.Errorf("%s: %v is used", name, entries)
			}
		}
		wantKind(t, name, err, im.Unavailable)
		if !isGone(err) {
			t.Errorf("%s: %v is taken for the node's word", name, err)
		}
	}
	n2.answer(says(stream(t, &pb.ReadPart{Entries: oneEntry.Entries, End: &pb.ReadEnd{Error: uint32(im.Unavailable) + 1}})))
	if _, err := r.ask(t.Context(), "n2", history); err == nil || isGone(err) {
		t.Errorf("the node's word is taken for none: %v", err)
	}
}

// An answer that never ends is given up when there is more than was asked for.
//
// Checked by breaking it: without the limit in readAll it hangs.
func TestAnswer_EndlessOnesAreGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	r, n2 := w.nodes[0].Reads, w.nodes[1]
	w.nodes[2].isDown.Store(true)
	w.nodes[3].isDown.Store(true)
	part := stream(t, oneEntry)
	n2.answer(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // a client that is gone
		for {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	})
	q := &pb.Read{What: &pb.Read_History{History: &pb.ReadHistory{Of: pb.NewAddress(group(2)), Limit: 1000}}}
	a, err := r.ask(t.Context(), "n2", q)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.entries(1000)
	wantKind(t, "endless", err, im.Unavailable)
}

// The memory for a part grows as its bytes arrive, whatever its announced length. It is measured of the whole process: no other test
// may run beside this one.
//
// Checked by breaking it: with a body of the announced length it takes 4 MiB.
func TestPart_TakesMemoryAsItComes(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := readBody(bytes.NewReader(make([]byte, readAhead)), maxPart); err == nil {
		t.Error("a body that did not come")
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("%d bytes for a part of which %d have come", took, readAhead)
	}
}

// Keys that are in no order, of another shard, or no keys at all are not merged: they would come twice, or for ever.
//
// Checked by breaking it: each row is found without its check in next.
func TestSearch_FoulKeysAreUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	q := im.Query{App: "app", Kind: im.KindGroup, Sort: []im.SortKey{{Name: "a"}}, Limit: 10}
	key := func(shard im.ShardID, number string) *pb.ReadKey {
		return &pb.ReadKey{Shard: uint32(shard), Id: []byte(group(shard).ID), Values: []*pb.ReadValue{{Kind: 1, Text: []byte(number)}}}
	}
	good := []*pb.ReadKey{key(2, "1"), key(3, "2")}
	keys := func(keys ...*pb.ReadKey) *pb.ReadPart { return &pb.ReadPart{Keys: keys, End: end.End} }
	bad := func(change func(*pb.ReadKey)) *pb.ReadPart {
		k := key(3, "2")
		change(k)
		return keys(key(2, "1"), k)
	}
	foul := map[string]*pb.ReadPart{
		"not in order":      keys(good[1], good[0]),
		"one twice":         keys(good[0], good[0]),
		"not asked for":     keys(key(1, "1")),
		"another shard's":   bad(func(k *pb.ReadKey) { k.Shard = 2 }),
		"no id":             bad(func(k *pb.ReadKey) { k.Id = nil }),
		"a long id":         bad(func(k *pb.ReadKey) { k.Id = bytes.Repeat([]byte("x"), 1000) }),
		"no values":         bad(func(k *pb.ReadKey) { k.Values = nil }),
		"too many values":   bad(func(k *pb.ReadKey) { k.Values = append(k.Values, k.Values[0]) }),
		"no type":           bad(func(k *pb.ReadKey) { k.Values[0].Kind = 256 + 1 }),
		"no number":         bad(func(k *pb.ReadKey) { k.Values[0].Text = []byte("x") }),
		"nothing, and more": {End: &pb.ReadEnd{More: true}},
		"no keys":           oneEntry,
		"too many bytes": bad(func(k *pb.ReadKey) {
			k.Values[0] = &pb.ReadValue{Kind: 2, Text: bytes.Repeat([]byte("x"), im.MaxAttributesBytes)}
		}),
	}
	w.nodes[0].Reads.o.limits.pageBytes = 4096
	s := &source{assignment: assignment{"n2", []im.ShardID{2, 3}}}
	for name, p := range foul {
		w.nodes[1].answer(says(stream(t, p)))
		got, _, err := w.nodes[0].keysAt(t.Context(), &q, s, 10)
		wantKind(t, name, err, im.Unavailable)
		if len(got) > 0 {
			t.Errorf("%s: %v is used", name, got)
		}
	}
	w.nodes[1].answer(says(stream(t, keys(good...))))
	if got, _, err := w.nodes[0].keysAt(t.Context(), &q, s, 10); err != nil || len(got) != 2 {
		t.Errorf("good ones: %v, %v", got, err)
	}
	s.after = &im.FoundKey{Shard: 2, ID: group(2).ID, Values: []im.SortValue{{Kind: 1, Text: "1.0"}}}
	_, _, err := w.nodes[0].keysAt(t.Context(), &q, s, 10)
	wantKind(t, "the one before", err, im.Unavailable)
}

// questions are good ones of each sort.
func questions() []*pb.Read {
	after := &pb.ReadKey{Shard: 1, Id: []byte(group(1).ID), Values: []*pb.ReadValue{{Kind: 2, Text: []byte("\xff")}}}
	query := &pb.ReadQuery{
		App: "app", Kind: uint32(im.KindGroup),
		Where: []*pb.ReadCondition{{Name: []byte("\xfe"), Text: []byte("x")}}, Sort: []*pb.ReadSort{{Name: []byte("a"), Descending: true}},
	}
	return []*pb.Read{
		{What: &pb.Read_History{History: &pb.ReadHistory{Of: pb.NewAddress(group(1)), Limit: 1}}},
		{What: &pb.Read_History{History: &pb.ReadHistory{Of: pb.NewAddress(group(1)), Before: -1, BeforeN: 1 << 63, Limit: maxEntries, Stale: true}}},
		{What: &pb.Read_Keys{Keys: &pb.ReadKeys{Query: query, Shards: []uint32{1, 2, 4}, Limit: 16384}}},
		{What: &pb.Read_Keys{Keys: &pb.ReadKeys{Query: query, Shards: []uint32{1}, Limit: 1, After: after}}},
		{What: &pb.Read_Records{Records: &pb.ReadRecords{App: "app", Kind: uint32(im.KindGroup), Keys: []*pb.ReadKey{after}}}},
		{What: &pb.Read_Transfer{Transfer: &pb.ReadTransfer{Shard: testShards, To: 1 << 40}}},
	}
}

// foulQuestions are what no node asks, by what is wrong.
func foulQuestions() map[string]*pb.Read {
	foul := map[string]*pb.Read{"nothing": {}}
	change := func(name string, i int, change func(*pb.Read)) {
		q := proto.CloneOf(questions()[i])
		change(q)
		foul[name] = q
	}
	change("no address", 0, func(q *pb.Read) { q.GetHistory().Of = nil })
	change("no valid address", 0, func(q *pb.Read) { q.GetHistory().Of.Id = "" })
	change("a kind that is cut", 0, func(q *pb.Read) { q.GetHistory().Of.Kind += 256 })
	change("the cluster's own", 0, func(q *pb.Read) { q.GetHistory().Of = pb.NewAddress(im.Apps) })
	change("no entries", 0, func(q *pb.Read) { q.GetHistory().Limit = 0 })
	change("too many entries", 0, func(q *pb.Read) { q.GetHistory().Limit = maxEntries + 1 })
	change("no query", 2, func(q *pb.Read) { q.GetKeys().Query = nil })
	change("a query of no kind", 2, func(q *pb.Read) { q.GetKeys().Query.Kind = 256 })
	change("no keys", 2, func(q *pb.Read) { q.GetKeys().Limit = 0 })
	change("too many keys", 2, func(q *pb.Read) { q.GetKeys().Limit = 1<<32 - 1 })
	change("no shards", 2, func(q *pb.Read) { q.GetKeys().Shards = nil })
	change("the cluster's shard", 2, func(q *pb.Read) { q.GetKeys().Shards = []uint32{0, 1} })
	change("too high a shard", 2, func(q *pb.Read) { q.GetKeys().Shards = []uint32{1, testShards + 1} })
	change("a shard twice", 2, func(q *pb.Read) { q.GetKeys().Shards = []uint32{1, 1} })
	change("shards in no order", 2, func(q *pb.Read) { q.GetKeys().Shards = []uint32{2, 1} })
	change("a key without values", 3, func(q *pb.Read) { q.GetKeys().After.Values = nil })
	change("a key with a value of no type", 3, func(q *pb.Read) { q.GetKeys().After.Values[0].Kind = 4 })
	change("no records", 4, func(q *pb.Read) { q.GetRecords().Keys = nil })
	change("too many records", 4, func(q *pb.Read) { q.GetRecords().Keys = slices.Repeat(q.GetRecords().Keys, maxRecords+1) })
	change("records of no app", 4, func(q *pb.Read) { q.GetRecords().App = "\x00" })
	change("records of the cluster", 4, func(q *pb.Read) { q.GetRecords().Kind = uint32(im.KindCluster) })
	change("a record of another shard", 4, func(q *pb.Read) { q.GetRecords().Keys[0].Shard = 2 })
	change("no such shard", 5, func(q *pb.Read) { q.GetTransfer().Shard++ })
	return foul
}
