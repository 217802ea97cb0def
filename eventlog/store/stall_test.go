package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// held is a store in which a sort of work stands still: no flush, or no compaction, gets beyond its first file.
type held struct {
	*Store
	// stalls holds why writes wait; they do from then on.
	stalls chan string
	goOn   chan bool
}

// hold opens a store with memtables and a cache of these sizes in which work, "flushing" or "compacting", stands still until
// goOn is closed.
func hold(t *testing.T, work string, memTable uint64, cache int64) *held {
	t.Helper()
	h := &held{stalls: make(chan string, 100), goOn: make(chan bool)}
	o := Options{Shards: testShards, Bucket: testBucket, FS: vfs.NewMem(), CacheBytes: cache}
	o.ensureDefaults()
	po := o.pebble()
	po.MemTableSize = memTable
	po.EventListener = &pebble.EventListener{
		WriteStallBegin: func(i pebble.WriteStallBeginInfo) { h.stalls <- i.Reason },
		TableCreated: func(i pebble.TableCreateInfo) {
			if i.Reason == work {
				<-h.goOn
			}
		},
	}
	db, err := pebble.Open("store", po)
	if err != nil {
		t.Fatal(err)
	}
	h.Store = newStore(&o)
	h.db = db
	t.Cleanup(func() { closeStore(t, h.Store) })
	return h
}

// write appends so many entries of size bytes to one address, and makes each durable if sync says so. It counts them in
// written, and closes what it returns when it has written all.
func (h *held) write(t *testing.T, count, size int, sync bool, written *atomic.Int64) <-chan bool {
	ended := make(chan bool)
	go func() {
		defer close(ended)
		sh, a, body := h.Shard(1), user(1, 0), make([]byte, size)
		for i := range uint64(count) {
			cmd := appendCmd(im.Append{Addr: a, Expected: i, Entries: []im.Entry{{TS: im.Millis(i + 1), Body: body}}})
			r, err := sh.Update([]Committed{{i + 1, cmd}})
			if err == nil && sync {
				err = sh.Sync()
			}
			if err != nil || r[0][0] != ItemStored {
				t.Errorf("entry %d: %v, %v", i, r, err)
				return
			}
			written.Add(1)
		}
	}()
	return ended
}

// awaitStall returns why writes wait.
func (h *held) awaitStall(t *testing.T) string {
	t.Helper()
	select {
	case reason := <-h.stalls:
		return reason
	case <-time.After(20 * time.Second):
		close(h.goOn)
		t.Fatal("writes do not wait")
		return ""
	}
}

// When four memtables are full and none can be flushed, writes wait; when flushes go on, so do they, and nothing is lost. The
// first memtables of a store are smaller, and do not count as whole ones.
//
// Checked by breaking it: with ten for memTables more is written than four hold.
func TestStore_WritesWaitForFlushes(t *testing.T) {
	const memTable, size, count = 1 << 20, 16 << 10, 1000
	h := hold(t, "flushing", memTable, 0)
	var written atomic.Int64
	ended := h.write(t, count, size, false, &written)
	if reason := h.awaitStall(t); !strings.Contains(reason, "memtable") {
		t.Errorf("writes wait for %s", reason)
	}
	if n := written.Load() * size; n > 5*memTable || n < 3*memTable {
		t.Errorf("%d bytes were written, want about as much as four memtables hold", n)
	}
	close(h.goOn)
	<-ended
	if head, err := h.Head(user(1, 0)); err != nil || head.Seq != count {
		t.Errorf("the head is %+v, %v, want seq %d", head, err, count)
	}
}

// When level 0 is twelve deep and cannot be sorted in, writes wait; when compactions go on, so do they, and nothing is lost.
//
// Checked by breaking it: with L0StopWritesThreshold 100 they do not wait.
func TestStore_WritesWaitForCompactions(t *testing.T) {
	const count = 40
	h := hold(t, "compacting", memTableBytes, 0)
	var written atomic.Int64
	ended := h.write(t, count, 1, true, &written)
	if reason := h.awaitStall(t); !strings.Contains(reason, "L0") {
		t.Errorf("writes wait for %s", reason)
	}
	if l0 := h.db.Metrics().Levels[0]; l0.Sublevels != 12 || written.Load() < 12 {
		t.Errorf("level 0 is %d deep after %d flushes, want 12", l0.Sublevels, written.Load())
	}
	close(h.goOn)
	<-ended
	if head, err := h.Head(user(1, 0)); err != nil || head.Seq != count {
		t.Errorf("the head is %+v, %v, want seq %d", head, err, count)
	}
}

// The bounds of a node's store come to where they count, as Pebble has noted them beside the data.
//
// Checked by breaking it: each of them was changed, and was missed here.
func TestOpen_HoldsItsBounds(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{Shards: testShards, Bucket: testBucket})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	noted, err := filepath.Glob(filepath.Join(dir, "OPTIONS-*"))
	if err != nil || len(noted) != 1 {
		t.Fatalf("options: %v, %v, want one file", noted, err)
	}
	text, err := os.ReadFile(noted[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprint("mem_table_size=", 32<<20), "mem_table_stop_writes_threshold=4", "l0_stop_writes_threshold=12",
		"max_concurrent_compactions=2", fmt.Sprint("cache_size=", 64<<20),
	} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
}

// However much is read, the blocks in memory are bounded: the older ones go.
//
// Checked by breaking it: without CacheSize in pebble all that was read is held.
func TestStore_CacheOfBlocksIsBounded(t *testing.T) {
	// NB: what memtables take is taken from the cache, so they are small here.
	const room, memTable, size, count = 8 << 20, 256 << 10, 64 << 10, 200
	h := hold(t, "", memTable, room)
	sh, a, rng := h.Shard(1), user(1, 0), rand.NewChaCha8([32]byte{})
	for i := range uint64(count) {
		body := make([]byte, size) // which cannot be made smaller
		if _, err := rng.Read(body); err != nil {
			t.Fatal(err)
		}
		update(t, sh, i+1, appendCmd(im.Append{Addr: a, Expected: i, Entries: []im.Entry{{TS: im.Millis(i + 1), Body: body}}}))
	}
	if err := sh.Sync(); err != nil {
		t.Fatal(err)
	}
	// A compaction that ends takes the blocks of its files with it, so this is repeated until the cache is half full.
	most := int64(0)
	for deadline := time.Now().Add(20 * time.Second); most < room/2; {
		if entries, err := h.Read(a, 0, 0, count); err != nil || len(entries) != count {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		if most = max(most, h.db.Metrics().BlockCache.Size); time.Now().After(deadline) {
			t.Fatalf("%d bytes of blocks are held at most: the test proves nothing", most)
		}
	}
	if most > room {
		t.Errorf("%d bytes of blocks are held, want %d at most", most, room)
	}
}
