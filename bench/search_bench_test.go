package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// searchedRooms is how many rooms the searches of BenchmarkSearch are asked about.
const searchedRooms = 100_000

// How long does a search over 100,000 rooms with three attributes each take, its barriers included, when one client asks
// after the other? A filter of "filtered" matches 1,000 of them, in both orders a page of 20 is asked for.
func BenchmarkSearch(b *testing.B) {
	l := startLog(b)
	fillRooms(b, l)
	q := im.Query{App: "bench", Kind: im.KindRoom, Limit: 20}
	filtered := q
	filtered.Where = []im.Condition{{Name: "map", Text: "map-7"}}
	sorted, twice, deep, beyond, two := filtered, filtered, filtered, q, filtered
	sorted.Sort = []im.SortKey{{Name: "rank", Descending: true}}
	twice.Sort = []im.SortKey{{Name: "mode"}, {Name: "rank", Descending: true}}
	deep.Sort, deep.Skip = twice.Sort, 900
	beyond.Skip = 1e9
	two.Where = append(slices.Clone(two.Where), im.Condition{Name: "mode", Text: "mode-2"})
	everything := q
	everything.Sort = sorted.Sort
	middle := q
	middle.Skip = searchedRooms / 2
	for _, c := range []struct {
		name string
		q    im.Query
		want int
	}{
		{"filtered-sorted", sorted, 20},
		{"filtered-two-keys", twice, 20},
		{"filtered-two-keys-skip-900", deep, 20},
		{"filtered", filtered, 20},
		{"two-filters", two, 20},
		{"all-skip-0", q, 20},
		{"all-skip-1e9", beyond, 0},
		{"all-skip-50000", middle, 20},
		{"all-sorted", everything, 20},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				found, err := l.Search(context.Background(), c.q)
				if err != nil || len(found) != c.want {
					b.Fatalf("%d found, %v, want %d", len(found), err, c.want)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		})
	}
}

// fillRooms makes the rooms: 100 maps, 10 modes, and a rank.
func fillRooms(b *testing.B, l *eventlog.Log) {
	b.Helper()
	window := make(chan struct{}, 4096)
	var all sync.WaitGroup
	for i := range searchedRooms {
		window <- struct{}{}
		all.Add(1)
		err := l.Append(im.Append{
			Addr:    im.Room("bench", im.RoomID(fmt.Sprintf("%032x", i*7919))),
			Entries: []im.Entry{{TS: 1, Body: []byte("made")}},
			Record: &im.Record{TS: im.Millis(i + 1), Fields: []im.Field{
				{Name: "map", Type: im.StringField, Text: fmt.Sprintf("map-%d", i%100)},
				{Name: "mode", Type: im.StringField, Text: fmt.Sprintf("mode-%d", i/100%10)},
				{Name: "rank", Type: im.NumberField, Text: fmt.Sprint(i * 31 % 9973)},
			}},
			Done: func(o im.Outcome) {
				if o != im.Stored {
					b.Errorf("room: %v", o)
				}
				<-window
				all.Done()
			},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	all.Wait()
}
