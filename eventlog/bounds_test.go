package eventlog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// openOne opens a log of one shard, which is closed with the test unless that closes it.
func openOne(t *testing.T) *Log {
	t.Helper()
	o := Options{Dir: t.TempDir(), Shards: 1}.On("127.0.0.1:0")
	o.Hurry()
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := l.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return l
}

// As many reads of the store as there are workers run side by side. The next one has its barrier and waits all the same,
// until one of them ends.
//
// Checked by breaking it: with a worker more the next one is answered, and with one less not all of them begin.
func TestLog_ReadsOfTheStoreAreBounded(t *testing.T) {
	l := openOne(t)
	workers := max(4, 2*runtime.GOMAXPROCS(0))
	begun, goOn := make(chan bool, workers), make(chan bool)
	defer close(goOn)
	for range workers {
		l.read(1, read{run: func() { begun <- true; <-goOn }, fail: func(err error) { t.Error(err) }})
	}
	for i := range workers {
		select {
		case <-begun:
		case <-time.After(20 * time.Second):
			t.Fatalf("only %d of %d reads have begun", i, workers)
		}
	}
	tom := im.User("app", "tom")
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := l.Read(soon, tom, 0, 1); im.KindOf(err) != im.Unavailable {
		t.Errorf("one read more: %v, want that it waits", err)
	}
	goOn <- true
	if _, err := l.Read(t.Context(), tom, 0, 1); err != nil {
		t.Errorf("a read after one has ended: %v", err)
	}
}

// The buffer that proposals are made in is kept for the next one, unless it was made larger than 1 MiB by an append.
//
// Checked by breaking it: without the bound in propose the large one is kept.
func TestShard_KeepsNoLargeBuffer(t *testing.T) {
	const large = 3
	l := openOne(t)
	tom := im.User("app", "tom")
	keeps := func(expected uint64, entries int) int {
		outcome := make(chan im.Outcome, 1)
		a := im.Append{Addr: tom, Expected: expected, Done: func(o im.Outcome) { outcome <- o }}
		for i := range entries {
			at := expected + uint64(i) + 1
			a.Entries = append(a.Entries, im.Entry{TS: im.Millis(at), Body: make([]byte, 700<<10)})
		}
		if err := l.Append(a); err != nil {
			t.Fatal(err)
		}
		if o := <-outcome; o != im.Stored { // the committer was done with its buffer before
			t.Fatal(o)
		}
		return cap(l.shards[1].buf)
	}
	if n := keeps(0, 1); n < 700<<10 || n > 1<<20 {
		t.Errorf("%d bytes are kept of a buffer that is used again, want 700 KiB to 1 MiB", n)
	}
	if n := keeps(1, large); n != 0 {
		t.Errorf("%d bytes are kept of one that is not", n)
	}
}

// What bounds Raft's own memory comes to where it counts: the log of a shard in memory, and the memtables that all of them
// are written to, as Pebble has noted them beside its data.
//
// Checked by breaking it: with dragonboat's setting for much memory, with two log stores and without MaxInMemLogSize, the
// figures are others.
func TestLog_RaftHoldsItsBounds(t *testing.T) {
	l := openOne(t)
	if n := l.shardConfig(1, 1, false).MaxInMemLogSize; n != 64<<20 {
		t.Errorf("Raft's log of a shard in memory is bounded by %d bytes, want 64 MiB", n)
	}
	if c := l.nodeHostConfig(l.nodes); c.MaxSendQueueSize != 64<<20 || c.MaxReceiveQueueSize != 64<<20 {
		t.Errorf("Raft's queues are bounded by %d and %d bytes, want 64 MiB", c.MaxSendQueueSize, c.MaxReceiveQueueSize)
	}
	var noted []string
	err := filepath.WalkDir(l.dir.raft(), func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), "OPTIONS-") {
			noted = append(noted, path)
		}
		return err
	})
	if err != nil || len(noted) != 1 {
		t.Fatalf("options of %d stores: %v, %v, want one", len(noted), noted, err)
	}
	text, err := os.ReadFile(noted[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprint("mem_table_size=", 16<<20), "mem_table_stop_writes_threshold=4"} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
}

// While a shard is replaced by what another member sent, it is empty: reads of it fail, and do not find nothing.
//
// Checked by breaking it: without TryRLock in runWorker, or in whole, a read or a search answers.
func TestLog_ReadsNothingOfAShardThatIsReplaced(t *testing.T) {
	l := openOne(t)
	l.ours[1].replacing.Lock()
	if e, err := l.Read(t.Context(), im.User("app", "tom"), 0, 1); im.KindOf(err) != im.Unavailable {
		t.Errorf("a read answers %v, %v, want unavailable", e, err)
	}
	if f, err := l.Search(t.Context(), im.Query{App: "app", Kind: im.KindUser, Limit: 1}); im.KindOf(err) != im.Unavailable {
		t.Errorf("a search answers %v, %v, want unavailable", f, err)
	}
	l.ours[1].replacing.Unlock()
	if _, err := l.Search(t.Context(), im.Query{App: "app", Kind: im.KindUser, Limit: 1}); err != nil {
		t.Errorf("afterwards a search ends with %v", err)
	}
}
