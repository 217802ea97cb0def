package eventlog_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// TestWindow_DiskStaysFlat lets ten days pass in a log with a window of seven, hour by hour, while each of twenty conversations gets a
// message an hour. At every hour what is younger than the window can be read, and nothing else; nothing lies on the disk of a bucket
// that is wholly older. From the eighth day on, when the first bucket goes, the directory takes the same at the same hour of each day, but
// for a tenth; less when tables that were being merged are gone. BenchmarkWindow_TenDays does it with a gigabyte.
//
// Checked by breaking it: without Reclaim the old bucket is found; with a watermark that is a bucket behind, too; with one that is a bucket
// ahead messages are missing.
func TestWindow_DiskStaysFlat(t *testing.T) {
	t.Parallel()
	bytes := newDays(t, 16<<10).run(10)
	for h := 24 * 8; h < 24*10; h++ {
		if a, b := bytes[h-24], bytes[h]; h%24 == 23 && (b > a+a/10 || a > b+b/4) {
			t.Errorf("after hour %d of day %d the directory takes %d KiB, after that of the day before %d", h%24+1, h/24+1, b>>10, a>>10)
		}
	}
	for d := range 10 {
		t.Logf("at the end of day %2d: %d KiB", d+1, bytes[24*d+23]>>10)
	}
}

// days are those of a log that is spoken to at a steady rate.
type days struct {
	tb      testing.TB
	h       hands
	l       *eventlog.Log
	talks   []*talk
	length  int // of a body, in bytes
	covered sync.Mutex
	// uncovered are those that the log wants a snapshot of.
	uncovered map[im.Address]bool
}

// talk is a conversation, and the stamps of its messages.
type talk struct {
	addr   im.Address
	stamps []im.Millis
}

const talks = 20

func newDays(tb testing.TB, length int) *days {
	d := &days{tb: tb, length: length, uncovered: map[im.Address]bool{}}
	o := eventlog.Options{Dir: tb.TempDir(), Shards: 4, Retention: 7 * 24 * time.Hour, ToldEvery: time.Hour}
	o.Logger = slog.New(slog.DiscardHandler)
	o.OnUncovered = func(a im.Address) {
		d.covered.Lock()
		defer d.covered.Unlock()
		d.uncovered[a] = true
	}
	o.Hurry()
	d.h.on(&o)
	now := d.h.right()
	d.h.pass(time.Duration(dayMs-now%dayMs) * time.Millisecond) // a bucket begins
	d.l = open(tb, o)
	tb.Cleanup(func() { closeLog(tb, d.l) })
	for i := range talks {
		u, v := im.UserID(fmt.Sprint("a", i)), im.UserID(fmt.Sprint("b", i))
		addr := im.FriendDialog("days", u, v)
		if i%2 == 0 {
			addr = im.StrangerDialog("days", u, v)
		}
		d.talks = append(d.talks, &talk{addr: addr})
	}
	return d
}

// run lets so many days pass, and returns what the directory takes after each hour, in bytes.
func (d *days) run(n int) (bytes []uint64) {
	d.tb.Helper()
	for hour := range 24 * n {
		d.speak()
		for range 3 {
			d.h.pass(20 * time.Minute)
			d.l.Tick()
			d.cover()
		}
		d.check(hour%24 == 23)
		taken := d.taken()
		if hour >= 24*8 && hour%24 == 23 {
			taken = d.takenAtRest(bytes[hour-24])
		}
		bytes = append(bytes, taken)
	}
	return bytes
}

// taken is what the directory takes, in bytes.
func (d *days) taken() uint64 {
	inStore, inRaft := d.l.Usage()
	return inStore + inRaft
}

// takenAtRest is taken once it is no more than before and a tenth: files are deleted, and Raft's log is cut, in the background. If
// it does not come to that, it is what was seen last.
func (d *days) takenAtRest(before uint64) (taken uint64) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.After(patience); ; {
		if taken = d.taken(); taken <= before+before/10 {
			return taken
		}
		select {
		case <-look.C:
			d.l.Tick()
		case <-deadline:
			return taken
		}
	}
}

// speak says something in each conversation.
func (d *days) speak() {
	d.tb.Helper()
	outcomes := make(chan im.Outcome, talks)
	for _, c := range d.talks {
		seq, body := uint64(len(c.stamps)), make([]byte, d.length)
		rand.Read(body) //nolint:errcheck // never fails
		e := im.Entry{N: seq + 1, TS: d.l.Now(), ID: fmt.Sprint("m", seq), Body: body}
		c.stamps = append(c.stamps, e.TS)
		err := d.l.Append(im.Append{
			Addr: c.addr, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: seq, Entries: []im.Entry{e},
			Done: func(o im.Outcome) { outcomes <- o },
		})
		if err != nil {
			d.tb.Fatal(err)
		}
	}
	for range talks {
		if o := <-outcomes; o != im.Stored {
			d.tb.Fatalf("a message is %v", o)
		}
	}
}

// cover makes the snapshots that were asked for.
func (d *days) cover() {
	d.tb.Helper()
	d.covered.Lock()
	asked := d.uncovered
	d.uncovered = map[im.Address]bool{}
	d.covered.Unlock()
	for _, c := range d.talks {
		if n := len(c.stamps); asked[c.addr] {
			done := make(chan im.Outcome, 1)
			err := d.l.Snapshot(
				c.addr, im.Epoch{Term: 1, Activation: 1}, uint64(n), c.stamps[n-1], []byte("state"), func(o im.Outcome) { done <- o },
			)
			if o := <-done; err != nil || o != im.Stored {
				d.tb.Fatal(o, err)
			}
		}
	}
}

// check reads the ends of each conversation, or all of it.
func (d *days) check(all bool) {
	d.tb.Helper()
	now := d.h.right()
	for _, c := range d.talks {
		oldest := now - 7*dayMs
		first, _ := slices.BinarySearch(c.stamps, oldest)
		limit := 5
		if all {
			limit = len(c.stamps) + 1
		}
		d.page(c, im.Before{}, limit, first)
		d.page(c, im.Before{N: uint64(first) + 4}, limit, first)
		if e, err := d.l.Read(d.tb.Context(), c.addr, 0, 1); err != nil || len(e) != 1 || e[0].Seq != uint64(first)+1 {
			d.tb.Fatalf("the first entry that is read of %s: %v %v, want %d", c.addr, show(e), err, first+1)
		}
	}
	for _, class := range []store.Class{store.ClassUsual, store.ClassStrangers} {
		if oldest := d.l.OldestOnDisk(class); oldest+dayMs <= now-7*dayMs {
			d.tb.Fatalf("%v: a bucket lies on the disk that is older than the window by %d ms", class, now-7*dayMs-oldest-dayMs)
		}
	}
}

// page wants the newest messages below a bound, down to the first one of the window.
func (d *days) page(c *talk, before im.Before, limit, first int) {
	d.tb.Helper()
	page, err := d.l.History(d.tb.Context(), c.addr, before, limit)
	if err != nil {
		d.tb.Fatal(err)
	}
	last := uint64(len(c.stamps))
	if before.N > 0 {
		last = min(last, before.N-1)
	}
	want := min(uint64(limit), last-uint64(first))
	if uint64(len(page)) != want {
		d.tb.Fatalf("%s before %+v: %d messages, want %d", c.addr, before, len(page), want)
	}
	for i, e := range page {
		if e.N != last-uint64(i) || len(e.Body) != d.length {
			d.tb.Fatalf("%s before %+v: number %d in place %d, %d bytes; want %d", c.addr, before, e.N, i, len(e.Body), last-uint64(i))
		}
	}
}

// BenchmarkWindow_TenDays asks what a log takes on the disk that gets a gigabyte in ten days and keeps it for seven.
func BenchmarkWindow_TenDays(b *testing.B) {
	for range b.N {
		bytes := newDays(b, 220<<10).run(10)
		for _, day := range []int{1, 7, 8, 9, 10} {
			b.ReportMetric(float64(bytes[24*day-1]>>20), fmt.Sprintf("MiB-after-day-%d", day))
		}
		b.ReportMetric(float64(slices.Max(bytes)>>20), "MiB-at-most")
	}
}
