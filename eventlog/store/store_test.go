package store

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testShards = 2
	testBucket = im.Millis(10_000)
)

// openMem opens a store in memory that is closed with the test.
func openMem(t testing.TB, fs FS) *Store {
	t.Helper()
	s, err := Open("store", Options{Shards: testShards, Bucket: testBucket, FS: fs, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// user returns an address of the shard, the i-th that hashes to it.
func user(id im.ShardID, i int) im.Address {
	for n := 0; ; n++ {
		a := im.User("app", im.UserID(rune('a'+n%26))+im.UserID(rune('a'+n/26)))
		if a.Shard(testShards) == id {
			if i == 0 {
				return a
			}
			i--
		}
	}
}

func appendCmd(a im.Append) []byte { return AppendEntries(Begin(nil), &a) }

func update(t testing.TB, sh *Shard, index uint64, cmd []byte) []byte {
	t.Helper()
	r, err := sh.Update([]Committed{{index, cmd}})
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

// TestShard_SyncSurvivesPowerLoss: what was synced is there after a crash together with its index; what was not may be
// missing, but only from the end.
func TestShard_SyncSurvivesPowerLoss(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := openMem(t, fs)
	sh, a := s.Shard(1), user(1, 0)
	for i := range uint64(10) {
		cmd := appendCmd(im.Append{Addr: a, Expected: i, Entries: []im.Entry{{TS: im.Millis(i + 1)}}})
		if got := update(t, sh, i+1, cmd); got[0] != ItemStored {
			t.Fatalf("append %d: %d", i, got)
		}
		if i == 4 {
			if err := sh.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	s = openMem(t, crashed)
	defer closeStore(t, s)
	applied, err := s.Applied(1)
	if err != nil || applied < 5 {
		t.Fatalf("applied %d, %v, want at least 5", applied, err)
	}
	if h, err := s.Head(a); err != nil || h.Seq != applied {
		t.Fatalf("head %+v, %v, but command %d was the last", h, err, applied)
	}
}

// TestShard_SyncsShareFlushes: a Sync after a flush that began later than the shard's last batch does nothing.
func TestShard_SyncsShareFlushes(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	one, two := s.Shard(1), s.Shard(2)
	update(t, one, 1, appendCmd(im.Append{Addr: user(1, 0), Entries: []im.Entry{{TS: 1}}}))
	update(t, two, 1, appendCmd(im.Append{Addr: user(2, 0), Entries: []im.Entry{{TS: 1}}}))
	flushes := func() int64 { return s.db.Metrics().Flush.Count }
	if err := two.Sync(); err != nil {
		t.Fatal(err)
	}
	before := flushes()
	if err := one.Sync(); err != nil {
		t.Fatal(err)
	}
	if n := flushes(); before == 0 || n != before {
		t.Fatalf("%d flushes, then %d, want the second Sync to need none", before, n)
	}
}

// TestShard_RefusesWhatItDoesNotOwn: an address of another shard changes nothing.
func TestShard_RefusesWhatItDoesNotOwn(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	got := update(t, s.Shard(1), 1, appendCmd(im.Append{Addr: user(2, 0), Entries: []im.Entry{{TS: 1}}}))
	if string(got) != string([]byte{ItemRefused}) {
		t.Fatalf("results %v, want refused", got)
	}
}

// TestShard_StopsAtANewerCommand: guessing would make replicas differ.
func TestShard_StopsAtANewerCommand(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	if _, err := s.Shard(1).Update([]Committed{{1, []byte{CommandVersion + 1}}}); err == nil {
		t.Fatal("a command of a newer version was applied")
	}
}

// TestShard_ManyAddressesInOneUpdate: an Update that touches more addresses than the caches hold still sees its own
// writes.
func TestShard_ManyAddressesInOneUpdate(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh := s.Shard(0)
	const addresses, perCommand = 3 * cachedAddresses, 256
	var cmds []Committed
	for round := range uint64(2) {
		cmd := Begin(nil)
		for i := range addresses {
			a := im.Address{App: "parley", Kind: im.KindCluster, ID: string(rune('0'+i%10)) + "-" + string(rune(0x100+i/10))}
			cmd = AppendEntries(cmd, &im.Append{Addr: a, Expected: round, Entries: []im.Entry{{TS: im.Millis(round + 1)}}})
			if i%perCommand == perCommand-1 {
				cmds = append(cmds, Committed{uint64(len(cmds) + 1), cmd})
				cmd = Begin(nil)
			}
		}
	}
	results, err := sh.Update(cmds)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		for j, item := range r {
			if item != ItemStored {
				t.Fatalf("item %d of command %d was refused", j, i)
			}
		}
	}
}
