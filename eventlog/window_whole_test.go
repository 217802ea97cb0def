package eventlog_test

import (
	"fmt"
	"maps"
	"reflect"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// digests are those of all shards, by table.
func (w *windowWorld) digests() string {
	w.t.Helper()
	var all string
	for id := range im.ShardID(3) {
		d, err := w.l.DigestOf(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		all += showDigest(&d)
	}
	return all
}

func showDigest(d *store.Digest) string {
	s := fmt.Sprintf("shard %d as of %d\n", d.Shard, d.Applied)
	for _, t := range d.Tables {
		s += fmt.Sprintf("  %s: %d keys, %d bytes, %x\n", t.Name, t.Keys, t.Bytes, t.Sum[:4])
	}
	return s
}

// checkReplicas compares each shard with a replica that is made of a stream.
func (w *windowWorld) checkReplicas() {
	w.t.Helper()
	for id := im.ShardID(1); id <= 2; id++ {
		d, err := w.l.DigestOf(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		if d.Applied == 0 {
			continue // nothing was said there yet: nobody is sent that
		}
		other, err := w.l.Streamed(id)
		if err != nil || !reflect.DeepEqual(d, other) {
			w.t.Fatalf("streamed: %v\n%s\nhere:\n%s", err, showDigest(&other), showDigest(&d))
		}
	}
	w.steps["stream"]++
}

// checkAll reads everything of every address, and counts what is in the tables.
func (w *windowWorld) checkAll() {
	w.t.Helper()
	w.keepAndCount()
	want := map[im.ShardID]map[string]uint64{1: {}, 2: {}}
	for _, n := range w.all {
		w.checkHistory(n, im.Before{}, 1<<30)
		w.checkRead(n, 0, 1<<30)
		w.checkLoad(n)
		for id := range n.ids {
			w.checkID(n, id)
		}
		n.count(w.limits(n.addr), want[w.l.ShardOf(n.addr)])
	}
	for k := range w.idKeys {
		l := w.limits(k.addr)
		if k.window+l.window <= l.watermark {
			delete(w.idKeys, k)
		} else {
			want[w.l.ShardOf(k.addr)]["ids"]++
		}
	}
	for id, keys := range want {
		d, err := w.l.DigestOf(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		got := map[string]uint64{}
		for _, t := range d.Tables {
			if t.Name != "counts" && t.Name != "shard" {
				got[t.Name] = t.Keys
			}
		}
		if c := got["carried"]; c > keys["carried"] && c <= keys["carried"]+keys["carried early"] {
			got["carried"] = keys["carried"]
		}
		if delete(keys, "carried early"); !maps.Equal(got, keys) {
			w.t.Fatalf("shard %d has %v keys, want %v", id, got, keys)
		}
	}
	w.steps["all"]++
}
