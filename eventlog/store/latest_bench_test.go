package store

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

const (
	latestDays, latestTalks, latestBody = 7, 20_000, 500
	// busy talks have so many messages a day, every tenth is quiet: its latest page is spread over all days.
	busyDaily, quietDaily = 45, 3
	// latestPage is how many messages are asked for, latestAsked how many pages of each kind.
	latestPage, latestAsked = 20, 20_000
)

// BenchmarkHistory_Latest asks what the latest 20 messages of a conversation cost among 3 GB in seven buckets, beside a bare Pebble scan
// in the same run: an iterator that is told which bucket to begin with, reads back until it has 20 values or the days are over, and copies
// what it finds. Pages of random conversations are read by turns, after every conversation was read once.
func BenchmarkHistory_Latest(b *testing.B) {
	l := newLatest(b)
	defer closeStore(b, l.s)
	for range b.N {
		for name, quiet := range map[string]bool{"busy": false, "quiet": true} {
			var ours, bare []time.Duration
			rng := rand.New(rand.NewPCG(1, 2))
			for range latestAsked {
				i := l.any(rng, quiet)
				ours = append(ours, l.time(func() int { return l.page(i) }))
				i = l.any(rng, quiet)
				bare = append(bare, l.time(func() int { return l.scan(i) }))
			}
			for p, q := range map[string]float64{"p50": 0.5, "p99": 0.99} {
				o, r := quantile(ours, q), quantile(bare, q)
				b.ReportMetric(float64(o.Nanoseconds())/1000, name+"-"+p+"-us")
				b.ReportMetric(float64(r.Nanoseconds())/1000, name+"-"+p+"-bare-us")
				b.ReportMetric(float64(o)/float64(r), name+"-"+p+"-ratio")
			}
		}
	}
	b.ReportMetric(float64(l.s.db.Metrics().DiskSpaceUsage())/(1<<30), "GiB")
	b.ReportMetric(0, "ns/op")
}

// latest is a store with seven days of conversations.
type latest struct {
	b     *testing.B
	s     *Store
	talks []im.Address
	seqs  []uint64
	index []uint64 // by shard, as in Raft's log
}

const latestDay = im.Millis(24 * time.Hour / time.Millisecond)

func newLatest(b *testing.B) *latest {
	b.Helper()
	s, err := Open(b.TempDir(), Options{Shards: 16, Bucket: latestDay})
	must(b, err)
	l := &latest{b: b, s: s, seqs: make([]uint64, latestTalks), index: make([]uint64, 17)}
	for i := range latestTalks {
		l.talks = append(l.talks, im.User("bench", im.UserID(fmt.Sprint("u", i))))
	}
	for day := range im.Millis(latestDays) {
		for round := range busyDaily {
			l.say((100+day)*latestDay+im.Millis(round)*1000, round)
		}
	}
	must(b, s.db.Flush())
	for i := range latestTalks {
		l.page(i)
	}
	return l
}

// say has each conversation that talks in this round say something.
func (l *latest) say(ts im.Millis, round int) {
	cmds := make([][]byte, 17)
	for i, a := range l.talks {
		if l.isQuiet(i) && round >= quietDaily {
			continue
		}
		shard := l.s.ShardOf(a)
		if cmds[shard] == nil {
			cmds[shard] = Begin(nil)
		}
		e := im.Entry{TS: ts, N: l.seqs[i] + 1, Body: noise(latestBody)}
		cmds[shard] = AppendEntries(cmds[shard], &im.Append{Addr: a, Expected: l.seqs[i], Entries: []im.Entry{e}})
		l.seqs[i]++
	}
	for shard, cmd := range cmds {
		if cmd != nil {
			l.index[shard]++
			update(l.b, l.s.Shard(im.ShardID(shard)), l.index[shard], cmd)
		}
	}
}

func noise(n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, rand.Uint64())
	}
	return b[:n]
}

func (*latest) isQuiet(i int) bool { return i%10 == 0 }

func (l *latest) any(rng *rand.Rand, quiet bool) int {
	for {
		if i := rng.IntN(latestTalks); l.isQuiet(i) == quiet {
			return i
		}
	}
}

func (l *latest) time(f func() int) time.Duration {
	began := time.Now()
	if n := f(); n != latestPage {
		l.b.Fatalf("%d messages", n)
	}
	return time.Since(began)
}

// page reads as a reader of history does.
func (l *latest) page(i int) int {
	got, err := l.s.History(l.talks[i], im.Before{}, 0, latestPage)
	must(l.b, err)
	return len(got)
}

// scan reads the same with nothing but Pebble.
func (l *latest) scan(i int) int {
	a := l.talks[i]
	it, err := l.s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{tableEvent}, UpperBound: []byte{tableEvent + 1}})
	must(l.b, err)
	var got [][]byte
	for day := im.Millis(99 + latestDays); day >= 100 && len(got) < latestPage; day-- {
		prefix := eventPrefix(nil, day*latestDay, l.s.ShardOf(a), a)
		for ok := it.SeekLT(after(prefix)); ok && len(got) < latestPage && string(it.Key()[:min(len(prefix), len(it.Key()))]) == string(prefix); ok = it.Prev() {
			v, err := it.ValueAndErr()
			must(l.b, err)
			got = append(got, slices.Clone(v))
		}
	}
	must(l.b, it.Close())
	return len(got)
}

func quantile(all []time.Duration, q float64) time.Duration {
	slices.Sort(all)
	return all[int(q*float64(len(all)-1))]
}
