package store

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// A page from the middle of a bucket of 20,000 entries, of which many in a row are no messages, costs no more than the last one and
// some seeks, whether it is asked for by stamp or by number; and it begins exactly where it should.
//
// Checked by breaking it: without the halving in toLast the page from the middle takes 10,000 steps and more.
func TestHistory_CostsTheSameAnywhere(t *testing.T) {
	const count, run = 20_000, 500 // entries; so many messages and so many others follow each other
	const length = 2 * count
	bucket := im.Millis(7 * length)
	s, err := Open("store", Options{Shards: testShards, Bucket: length, FS: vfs.NewMem(), CacheBytes: 1 << 20})
	must(t, err)
	defer closeStore(t, s)
	sh, a := s.Shard(1), user(1, 0)
	var cmds []Committed
	var stamps []im.Millis // of message n at n-1
	for i := range uint64(count) {
		e := im.Entry{TS: bucket + 2*im.Millis(i)}
		if i/run%2 == 0 {
			stamps = append(stamps, e.TS)
			e.N = uint64(len(stamps))
		}
		cmds = append(cmds, Committed{i + 1, appendCmd(im.Append{Addr: a, Expected: i, Entries: []im.Entry{e}})})
	}
	apply(t, sh, cmds)
	steps := func(before im.Before) (int, []im.Entry) {
		r, err := s.read(a)
		must(t, err)
		defer r.end() //nolint:errcheck // it reads memory
		h, err := s.head(r, a)
		must(t, err)
		p := page{before: before, limit: 10}
		n, err := p.read(s, r, a, &h)
		must(t, err)
		return n, p.messages
	}
	last, _ := steps(im.Before{})
	for _, n := range []int{11, 499, 500, 501, 502, 3333, 5000, len(stamps)} {
		for _, before := range []im.Before{{N: uint64(n)}, {TS: stamps[n-1]}, {TS: stamps[n-1], N: uint64(n) + 5}, {TS: stamps[n-1] + 1, N: uint64(n)}} {
			cost, got := steps(before)
			if cost > last+run+60 {
				t.Errorf("%+v: %d steps, the last page has %d", before, cost, last)
			}
			if len(got) != 10 || got[0].N != uint64(n-1) || got[9].N != uint64(n-10) {
				t.Errorf("%+v: %v", before, fmt.Sprint(got))
			}
		}
	}
}
