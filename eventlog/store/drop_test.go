package store

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parley-im/parley/im"
)

// twoShards opens a store and fills shards 1 and 2, durably.
func twoShards(t *testing.T, fs FS) *Store {
	t.Helper()
	s := openMem(t, fs)
	apply(t, s.Shard(1), script(1, 100))
	sh := s.Shard(2)
	for i := range uint64(20) {
		update(t, sh, i+1, publishCmd(user(2, int(i)), 1, im.Record{TS: 1, Body: []byte{byte(i)}}))
	}
	if err := sh.Sync(); err != nil {
		t.Fatal(err)
	}
	return s
}

// notOf returns those of the keys that are not of the shard.
func notOf(all map[string][]byte, id im.ShardID) map[string][]byte {
	all = maps.Clone(all)
	maps.DeleteFunc(all, func(key string, _ []byte) bool { return ownedBy([]byte(key), id) })
	return all
}

func sameKeys(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// crashes is a file system that keeps what a crash before each of its operations would leave.
type crashes struct {
	fs  *vfs.MemFS
	rng *rand.Rand

	mu   sync.Mutex
	on   bool
	left []*vfs.MemFS
}

// MaybeError implements errorfs.Injector.
func (c *crashes) MaybeError(op errorfs.Op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.on && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
		c.left = append(c.left,
			c.fs.CrashClone(vfs.CrashCloneCfg{}),
			c.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: c.rng}))
	}
	return nil
}

// String implements errorfs.Injector.
func (c *crashes) String() string { return "crashes" }

func (c *crashes) turn(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = on
}

// A shard that was dropped is gone for good, and only that: the other one keeps every byte. Wherever a crash cuts it off, the
// shard is whole yet, or holds nothing by its own account, and dropping it again takes the rest. Afterwards it begins anew,
// command by command or with what another replica sends, and is then as if it had never been anything else.
//
// Checked by breaking it: it fails when the meta key goes with all the others, or is not deleted durably; when nothing is; and
// when a range of keys is left out.
func TestDrop_LeavesNothingWhereverItIsCutOff(t *testing.T) {
	c := &crashes{fs: vfs.NewCrashableMem(), rng: rand.New(rand.NewPCG(1, 2))}
	s := twoShards(t, errorfs.Wrap(c.fs, c))
	whole := allKeys(t, s)
	others := notOf(whole, 1)
	c.turn(true)
	if err := s.Drop(1); err != nil {
		t.Fatal(err)
	}
	c.turn(false)
	if now := allKeys(t, s); !sameKeys(now, others) {
		t.Errorf("%d keys are there, want the %d of the other shard", len(now), len(others))
	}
	last := c.fs.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)

	cut := 0
	for i, fs := range append(c.left, last) {
		s := openMem(t, fs)
		now := allKeys(t, s)
		applied, err := shardOf(t, s, 1).Load()
		if err != nil || applied != 0 && !sameKeys(now, whole) || !sameKeys(notOf(now, 1), others) {
			t.Fatalf("crash %d: applied %d, %v, with %d keys of %d", i, applied, err, len(now), len(whole))
		}
		if applied == 0 && len(now) > len(others) {
			cut++
		}
		if fs == last && len(now) > len(others) {
			t.Errorf("%d keys are there after the end and a crash, want %d", len(now), len(others))
		}
		if err := s.Drop(1); err != nil {
			t.Fatal(err)
		}
		if now := allKeys(t, s); !sameKeys(now, others) {
			t.Fatalf("crash %d, dropped again: %d keys, want %d", i, len(now), len(others))
		}
		beginAnew(t, s, i%2 == 0)
		closeStore(t, s)
	}
	if cut == 0 {
		t.Errorf("none of %d crashes hit the middle: the test proves nothing", len(c.left))
	}
}

// beginAnew gives shard 1 of s another content, and holds it to a store that never had any else.
func beginAnew(t *testing.T, s *Store, whole bool) {
	t.Helper()
	never := openMem(t, vfs.NewMem())
	defer closeStore(t, never)
	cmds := script(7, 60)
	apply(t, never.Shard(1), cmds)
	sh := shardOf(t, s, 1)
	if whole {
		var stream bytes.Buffer
		v := never.View(1)
		defer v.Close() //nolint:errcheck // it reads memory
		if err := v.Save(&stream, nil); err != nil {
			t.Fatal(err)
		}
		if err := sh.Recover(&stream, nil); err != nil {
			t.Fatal(err)
		}
	} else {
		apply(t, sh, cmds)
	}
	if got, want := digestNow(t, s, 1), digestNow(t, never, 1); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("what began anew is\n%x\nwant\n%x", got, want)
	}
	if err := checkIndex(s); err != nil {
		t.Error(err)
	}
}

// A shard that was never there is dropped like any other, and one that was dropped stays so over a restart.
func TestDrop_IsForGood(t *testing.T) {
	fs := vfs.NewMem()
	s := twoShards(t, fs)
	others := notOf(allKeys(t, s), 1)
	for _, id := range []im.ShardID{0, 1, 1} {
		if err := s.Drop(id); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	s = openMem(t, fs)
	defer closeStore(t, s)
	if now := allKeys(t, s); !sameKeys(now, others) {
		t.Errorf("%d keys are there, want %d", len(now), len(others))
	}
	beginAnew(t, s, false)
}
