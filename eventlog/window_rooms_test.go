package eventlog_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// shortLived is how many objects TestWindow_DeletedObjectsLeaveNothing makes; the soak a million.
func shortLived() int {
	if os.Getenv("PARLEY_SOAK") != "" {
		return 1_000_000
	}
	return 20_000 / (slowdown * slowdown)
}

// TestWindow_DeletedObjectsLeaveNothing makes objects that live for a moment, as rooms do, over some windows: each begins with a record
// that searches find, has its attributes changed, something to tell that is told, and is deleted. When the window has passed after
// the last one, no table of the store has a key of any of them, the directory is not larger than with the first tenth, and memory
// is what it was. test/system does it with rooms of a server.
//
// Checked by breaking it: without bury heads, snapshots and graves stay; when burials share proposals with appends, those are unknown.
func TestWindow_DeletedObjectsLeaveNothing(t *testing.T) { // alone, since it looks at the memory of the process
	var h hands
	o := eventlog.Options{
		Dir: t.TempDir(), Shards: 4, Retention: shortWindow, ToldEvery: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}
	o.Hurry()
	h.on(&o)
	l := open(t, o)
	defer closeLog(t, l)
	n := shortLived()
	tenth, most := uint64(0), uint64(0)
	const steps = 100
	for i := range steps { // five windows altogether
		var made sync.WaitGroup
		made.Go(func() { live(t, l, i*n/steps, (i+1)*n/steps) })
		h.live(l, 5*shortWindow/steps, shortTick) // others are forgotten meanwhile
		made.Wait()
		if i == steps/10 {
			tenth = heapMiB() // caches have filled by then
		}
		if inStore, inRaft := l.Usage(); i > 0 && i%10 == 0 {
			most = max(most, inStore+inRaft)
			t.Logf("%d objects: %d MiB on the disk, %d MiB of heap, keys %v", (i+1)*n/steps, (inStore+inRaft)>>20, heapMiB(), keysOf(t, l))
		}
	}
	h.live(l, gone+shortWindow, shortTick) // ids go a window at a time
	for table, keys := range keysOf(t, l) {
		if table != "shard" && keys > 0 {
			t.Errorf("%d keys of %s are left", keys, table)
		}
	}
	inStore, inRaft := l.Usage()
	after := heapMiB()
	t.Logf("in the end: %d KiB of the store and %d of Raft's log, at most %d MiB before; heap %d MiB, %d after a tenth", inStore>>10, inRaft>>10, most>>20, after, tenth)
	if after > tenth+32 {
		t.Errorf("the heap has grown from %d to %d MiB", tenth, after)
	}
	if inStore > 8<<20 {
		t.Errorf("the store takes %d KiB, and has nothing", inStore>>10)
	}
}

// live makes objects from..to-1, a hundred side by side, and deletes them.
func live(t *testing.T, l *eventlog.Log, from, to int) {
	t.Helper()
	var all sync.WaitGroup
	places := make(chan struct{}, 100)
	for i := from; i < to; i++ {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			liveOne(t, l, im.Room("brief", im.RoomID(fmt.Sprint("r", i))))
		})
	}
	all.Wait()
}

func liveOne(t *testing.T, l *eventlog.Log, a im.Address) {
	fields := []im.Field{{Name: "game", Type: im.StringField, Text: "chess"}}
	begun := &im.Record{TS: l.Now(), Fields: fields, Body: []byte(`{"game":"chess"}`)}
	for i, change := range []im.Append{
		{Record: begun, Entries: []im.Entry{{ID: "made", Owes: true}}},
		{Record: begun, Entries: []im.Entry{{ID: "changed"}, {}}},
		{Record: &im.Record{Gone: true}, Entries: []im.Entry{{Owes: true}}, Final: []byte("deleted"), Gone: true},
	} {
		change.Addr, change.Epoch, change.Expected = a, im.Epoch{Term: 1, Activation: 1}, []uint64{0, 1, 3}[i]
		stored := make(chan im.Outcome, 1)
		change.Done = func(o im.Outcome) { stored <- o }
		for j := range change.Entries {
			change.Entries[j].TS = l.Now() + im.Millis(change.Expected) + im.Millis(j)
			change.Entries[j].Body = []byte("something that a room was told")
		}
		if err := l.Append(change); err != nil {
			t.Error(err)
			return
		}
		if o := <-stored; o != im.Stored {
			t.Errorf("%s: change %d is %v", a, i, o)
			return
		}
	}
	l.Told(a, 4)
}

// keysOf counts the keys in all shards of actors, by table.
func keysOf(t *testing.T, l *eventlog.Log) map[string]uint64 {
	t.Helper()
	keys := map[string]uint64{}
	for id := im.ShardID(1); l.Holds(id); id++ {
		d, err := l.DigestOf(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range d.Tables {
			keys[table.Name] += table.Keys
		}
	}
	return keys
}

func heapMiB() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc >> 20
}
