package reads

import (
	"bufio"
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Whatever arrives as an answer, it is read to its end, or refused: never more than was asked for, nothing of what is cut, and keys
// in order. Entries and records written again are the same.
func FuzzAnswer(f *testing.F) {
	keys := &pb.ReadPart{Keys: []*pb.ReadKey{
		{Shard: 1, Id: []byte(group(1).ID), Values: []*pb.ReadValue{{Kind: 1, Text: []byte("1")}}},
		{Shard: 2, Id: []byte(group(2).ID), Values: []*pb.ReadValue{{Kind: 3, Text: []byte("true")}}},
	}}
	f.Add(stream(f, oneEntry, oneEntry, end))
	f.Add(stream(f, &pb.ReadPart{Entries: []*pb.ReadEntry{{Seq: 3, N: 1, Ts: -1, Id: []byte("\xff"), Owes: true, Body: []byte("b")}}, End: end.End}))
	f.Add(stream(f, keys, &pb.ReadPart{End: &pb.ReadEnd{More: true}}))
	f.Add(stream(f, oneRecord, end))
	f.Add(stream(f, &pb.ReadPart{End: &pb.ReadEnd{Error: 1 << 31, Text: []byte("\xff")}}))
	f.Add(stream(f, oneEntry))
	f.Add(stream(f, end, end))
	f.Add(length(maxPart))
	f.Add(length(maxPart + 1))
	f.Add([]byte("\x00\x00\x00\x04\xff\xff\xff\xff"))
	const limit = 3
	q := im.Query{App: "app", Kind: im.KindGroup, Sort: []im.SortKey{{Name: "a"}}}
	r := &Reads{o: Options{Shards: testShards, Compare: store.CompareKeys, Check: store.CheckKey}}
	s := &source{assignment: assignment{"n2", r.all()}}
	f.Fuzz(func(t *testing.T, b []byte) {
		read := func(take func(*pb.ReadPart) (int, error)) (*pb.ReadEnd, error) {
			a := &answer{node: "n2", in: bufio.NewReader(bytes.NewReader(b)), onEnd: func(error) {}}
			if err := a.begin(); err != nil {
				return nil, err
			}
			return a.readAll(limit, maxPart, take)
		}
		for what, take := range map[string]func(*pb.ReadPart, *pb.ReadPart) (int, error){
			AskHistory: func(p, again *pb.ReadPart) (int, error) {
				for _, e := range p.Entries {
					entry := decodeEntry(e)
					again.Entries = append(again.Entries, encodeEntry(&entry))
				}
				return len(p.Entries), only(p, len(p.Entries))
			},
			AskRecords: func(p, again *pb.ReadPart) (int, error) {
				for _, rec := range p.Records {
					found := decodeRecord(rec)
					again.Records = append(again.Records, encodeRecord(&found))
				}
				return len(p.Records), only(p, len(p.Records))
			},
		} {
			got, again := &pb.ReadPart{}, &pb.ReadPart{}
			end, err := read(func(p *pb.ReadPart) (int, error) {
				got.Entries, got.Records = append(got.Entries, p.Entries...), append(got.Records, p.Records...)
				return take(p, again)
			})
			if (end == nil) == (err == nil) {
				t.Fatalf("%s: %v and %v", what, end, err)
			}
			if err != nil {
				if !im.KindOf(err).Known() {
					t.Errorf("%s: %v is of no kind", what, err)
				}
				continue
			}
			clean(got)
			if n := len(got.Entries) + len(got.Records); n > limit || !proto.Equal(got, again) {
				t.Errorf("%s: %d items %v, again %v", what, n, got, again)
			}
		}
		var last *im.FoundKey
		read(func(p *pb.ReadPart) (int, error) { //nolint:errcheck // what is taken is looked at
			for _, k := range p.Keys {
				key, err := r.next(&q, s, last, k)
				if err != nil {
					return 0, err
				}
				if last != nil && store.CompareKeys(&q, last, &key) >= 0 || key.Shard == 0 || key.Shard > testShards {
					t.Errorf("%v after %v", key, last)
				}
				last = &key
			}
			return len(p.Keys), only(p, len(p.Keys))
		})
	})
}

// clean drops what protobuf keeps of fields that nobody knows.
func clean(p *pb.ReadPart) {
	for _, e := range p.Entries {
		e.ProtoReflect().SetUnknown(nil)
	}
	for _, rec := range p.Records {
		rec.ProtoReflect().SetUnknown(nil)
	}
}

// Whatever arrives as a question, it is refused, or can be asked of the log: its address is a valid one of an actor, its shards are
// there, its key is one that a search can have found; and what is asked on is the same.
func FuzzQuestion(f *testing.F) {
	seeds := questions()
	for _, q := range foulQuestions() {
		if proto.Size(q) < 1000 {
			seeds = append(seeds, q)
		}
	}
	for _, q := range seeds {
		b, err := proto.Marshal(q)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\xff\xff"))
	r := &Reads{o: Options{Shards: testShards, Compare: store.CompareKeys, Check: store.CheckKey, limits: usualLimits}}
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := r.decodeQuestion(b)
		if err != nil {
			return
		}
		if what(q) == "" {
			t.Errorf("%v is for nothing", q)
		}
		if h := q.GetHistory(); h != nil {
			if a := h.Of.Addr(); !a.Valid() || a.Kind == im.KindCluster || a.Shard(testShards) == im.ClusterShard || h.Limit == 0 {
				t.Errorf("a history %v", h)
			}
		}
		if k := q.GetKeys(); k != nil {
			checkAgain(t, k)
		}
		for _, k := range q.GetRecords().GetKeys() {
			a := im.Address{App: im.AppID(q.GetRecords().App), Kind: im.Kind(q.GetRecords().Kind), ID: string(k.Id)}
			if !a.Valid() || a.Shard(testShards) != im.ShardID(k.Shard) {
				t.Errorf("a record %v of shard %d", a, k.Shard)
			}
		}
	})
}

func checkAgain(t *testing.T, k *pb.ReadKeys) {
	q, err := decodeQuery(k.Query)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range k.Shards {
		if s == 0 || s > testShards {
			t.Errorf("shard %d", s)
		}
	}
	again, err := decodeQuery(encodeQuery(&q))
	if err != nil || !equalQueries(&q, &again) {
		t.Errorf("%v became %v, %v", q, again, err)
	}
	if k.After == nil {
		return
	}
	after, err := decodeKey(k.After)
	if err != nil {
		t.Fatal(err)
	}
	same, err := decodeKey(encodeKey(&after))
	if err != nil || store.CompareKeys(&q, &after, &same) != 0 || store.CheckKey(&q, &same) != nil {
		t.Errorf("%v became %v, %v", after, same, err)
	}
}

func equalQueries(a, b *im.Query) bool {
	return proto.Equal(encodeQuery(a), encodeQuery(b))
}
