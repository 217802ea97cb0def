package store

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/eventlog/logtest"
	"github.com/parley-im/parley/im"
)

// pair is a shard and the in-memory log that it must agree with.
type pair struct {
	fs    *vfs.MemFS
	s     *Store
	sh    *Shard
	model *logtest.Memory
	index uint64
	// floors are the highest that were stored.
	floors map[im.Address]uint64
}

func (p *pair) close(t *rapid.T) {
	if err := p.s.Close(); err != nil {
		t.Fatal(err)
	}
	p.model.Close() //nolint:errcheck // it never fails
}

// TestShard_AgreesWithTheModel applies random appends, snapshots, told cursors, restarts and snapshot streams to a
// shard and to the in-memory log, and compares every outcome and every read.
func TestShard_AgreesWithTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pair{fs: vfs.NewMem(), model: logtest.NewMemory(logtest.Options{Shards: testShards}), floors: map[im.Address]uint64{}}
		p.s = openRapid(t, p.fs)
		p.sh = p.s.Shard(1)
		defer func() { p.close(t) }()
		t.Repeat(map[string]func(*rapid.T){
			"append":   p.append,
			"snapshot": p.snapshot,
			"told":     p.told,
			"restart":  p.restart,
			"stream":   p.stream,
			"":         p.compare,
		})
	})
}

func openRapid(t *rapid.T, fs FS) *Store {
	s, err := Open("store", Options{Shards: testShards, Bucket: testBucket, FS: fs, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var addresses = []im.Address{user(1, 0), user(1, 1), user(1, 2)}

func drawEpoch(t *rapid.T, h im.Head) im.Epoch {
	e := h.Epoch
	switch rapid.IntRange(0, 9).Draw(t, "epoch") {
	case 0:
		e.Activation++
	case 1:
		e.Term, e.Activation = e.Term+1, 0
	case 2:
		e.Activation -= min(e.Activation, 1)
	}
	return e
}

// skew is mostly 0, sometimes a little off: most operations fit, some do not.
func skew(t *rapid.T, label string) int64 {
	if rapid.IntRange(0, 14).Draw(t, label) > 0 {
		return 0
	}
	return rapid.Int64Range(-2, 2).Draw(t, label+" by")
}

func (p *pair) append(t *rapid.T) {
	addr := rapid.SampledFrom(addresses).Draw(t, "addr")
	h := p.model.Head(addr)
	a := im.Append{Addr: addr, Epoch: drawEpoch(t, h), Expected: uint64(max(0, int64(h.Seq)+skew(t, "expected")))}
	n, ts := h.N, h.TS
	for i := range rapid.IntRange(1, 4).Draw(t, "entries") {
		ts += im.Millis(rapid.Int64Range(1, int64(3*testBucket)).Draw(t, "pause") + skew(t, "ts")*int64(testBucket))
		ts = max(1, ts)
		e := im.Entry{TS: ts, Owes: rapid.Bool().Draw(t, "owes"), Body: rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "body")}
		if rapid.Bool().Draw(t, "message") {
			n = uint64(max(1, int64(n)+1+skew(t, "n")))
			e.N, e.ID = n, fmt.Sprintf("%d-%d", h.Seq, i)
		}
		a.Entries = append(a.Entries, e)
	}
	if rapid.IntRange(0, 4).Draw(t, "floor") == 0 {
		a.Floor = uint64(rapid.Int64Range(0, int64(n)).Draw(t, "floor at"))
	}
	c := make(chan im.Outcome, 1)
	a.Done = func(o im.Outcome) { c <- o }
	if err := p.model.Append(a); err != nil {
		t.Fatal(err)
	}
	o := <-c
	if o == im.Stored {
		p.floors[addr] = max(p.floors[addr], a.Floor)
	}
	p.expect(t, appendCmd(a), o)
}

// expect applies a command of one item and compares.
func (p *pair) expect(t *rapid.T, cmd []byte, want im.Outcome) {
	p.index++
	r, err := p.sh.Update([]Committed{{p.index, cmd}})
	if err != nil {
		t.Fatal(err)
	}
	got := im.Refused
	if len(r) == 1 && len(r[0]) == 1 && r[0][0] == ItemStored {
		got = im.Stored
	}
	if got != want {
		t.Fatalf("command %d: %v, the model says %v", p.index, got, want)
	}
}

func (p *pair) snapshot(t *rapid.T) {
	addr := rapid.SampledFrom(addresses).Draw(t, "addr")
	h := p.model.Head(addr)
	if h.Seq == 0 {
		t.Skip("nothing to snapshot")
	}
	entries, err := p.model.Read(t.Context(), addr, 0, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	seq := rapid.Uint64Range(1, h.Seq).Draw(t, "seq")
	part := Part{Addr: addr, Epoch: drawEpoch(t, h), Seq: seq, TS: 1, Parts: rapid.IntRange(1, 3).Draw(t, "parts")}
	for _, e := range entries {
		if e.Seq == seq {
			part.TS = e.TS
		}
	}
	var state []byte
	lost := rapid.IntRange(0, 9).Draw(t, "lost") == 0 // the last part never comes
	fits := !part.Epoch.Less(h.Epoch)
	for part.Part = 0; part.Part < part.Parts; part.Part++ {
		if lost && part.Part == part.Parts-1 {
			return
		}
		part.Data = rapid.SliceOfN(rapid.Byte(), 0, 10).Draw(t, "data")
		state = append(state, part.Data...)
		if part.Part < part.Parts-1 {
			p.expect(t, AppendPart(Begin(nil), &part), outcome(fits))
		}
	}
	c := make(chan im.Outcome, 1)
	if err := p.model.Snapshot(addr, part.Epoch, seq, part.TS, state, func(o im.Outcome) { c <- o }); err != nil {
		t.Fatal(err)
	}
	part.Part--
	p.expect(t, AppendPart(Begin(nil), &part), <-c)
}

func outcome(stored bool) im.Outcome {
	if stored {
		return im.Stored
	}
	return im.Refused
}

func (p *pair) told(t *rapid.T) {
	addr := rapid.SampledFrom(addresses).Draw(t, "addr")
	through := rapid.Uint64Range(0, p.model.Head(addr).Seq+1).Draw(t, "through")
	p.model.Told(addr, through)
	for p.model.Queued() > 0 {
		runtime.Gosched()
	}
	p.expect(t, AppendTold(Begin(nil), addr, through), im.Stored)
}

func (p *pair) restart(t *rapid.T) {
	if err := p.s.Close(); err != nil {
		t.Fatal(err)
	}
	p.s = openRapid(t, p.fs)
	p.sh = p.s.Shard(1)
	if applied, err := p.sh.Load(); err != nil || applied != p.index {
		t.Fatalf("applied %d, %v after a restart, want %d", applied, err, p.index)
	}
}

// stream moves the shard to another store, which held something else before.
func (p *pair) stream(t *rapid.T) {
	fs := vfs.NewMem()
	s := openRapid(t, fs)
	sh := s.Shard(1)
	old := im.Append{
		Addr: addresses[0], Entries: []im.Entry{{TS: 1 << 40, N: 1, ID: "old", Owes: true}},
		Record: &im.Record{TS: 1, Fields: []im.Field{{Name: "old", Type: im.BoolField, Text: "true"}}},
	}
	if _, err := sh.Update([]Committed{{99, appendCmd(old)}}); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	v := p.sh.View()
	if err := v.Save(&buf, nil); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if p.index == 0 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return // a shard without a meta record is never streamed
	}
	if err := sh.Recover(&buf, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := dumpRapid(t, s), dumpRapid(t, p.s); !maps.Equal(got, want) {
		t.Fatalf("the copy has %d keys, the original %d", len(got), len(want))
	}
	if err := p.s.Close(); err != nil {
		t.Fatal(err)
	}
	p.fs, p.s, p.sh = fs, s, sh
}

func dumpRapid(t *rapid.T, s *Store) map[string]string {
	all := make(map[string]string)
	it, err := s.db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for it.First(); it.Valid(); it.Next() {
		all[string(it.Key())] = string(it.Value())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// compare holds every read of every address to the model's.
func (p *pair) compare(t *rapid.T) {
	var owed []im.Address
	for _, a := range addresses {
		c := make(chan im.Load, 1)
		p.model.Load(a, func(l im.Load, _ error) { c <- l })
		want := <-c
		got, err := p.s.Load(a)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "load", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
		if got.Owed.First > 0 {
			owed = append(owed, a)
		}
		horizon := want.Head.TS - 7*testBucket // as far as ids are kept
		before := im.Before{TS: want.Head.TS - 2*testBucket}
		h, err := p.s.History(a, before, horizon, 3)
		if err != nil {
			t.Fatal(err)
		}
		all := append(append([]im.Entry{}, want.Untold...), want.Tail...)
		if want.Head.SnapSeq == 0 {
			same(t, "history", fmt.Sprint(h), fmt.Sprint(pickHistory(all, before, horizon, p.floors[a], 3)))
		}
		for _, e := range all {
			if e.ID == "" || e.TS < horizon {
				continue
			}
			at, ok, err := p.s.Lookup(a, e.ID, horizon)
			if err != nil || !ok || at != (im.StoredAt{Seq: e.Seq, N: e.N, TS: e.TS}) {
				t.Fatalf("lookup of %s: %+v, %v, %v", e.ID, at, ok, err)
			}
		}
	}
	got, err := p.s.Owed(1)
	if err != nil || len(got) != len(owed) {
		t.Fatalf("owed %v, %v, want %v", got, err, owed)
	}
}

// pickHistory is the dumb way to answer History.
func pickHistory(all []im.Entry, before im.Before, horizon im.Millis, floor uint64, limit int) []im.Entry {
	out := []im.Entry(nil)
	for i := len(all) - 1; i >= 0 && len(out) < limit; i-- {
		if e := all[i]; e.N > floor && before.Admits(e.TS, e.N) && e.TS >= horizon {
			out = append(out, e)
		}
	}
	return out
}

func same(t *rapid.T, what, got, want string) {
	if got != want {
		t.Fatalf("%s:\n got %s\nwant %s", what, got, want)
	}
}
