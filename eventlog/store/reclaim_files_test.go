package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// strangers returns the address of a dialog of strangers that is of the shard, the i-th of those.
func strangers(id im.ShardID, i int) im.Address {
	for n := 0; ; n++ {
		a := im.StrangerDialog("app", "ann", im.UserID(fmt.Sprint("u", n)))
		if a.Shard(testShards) == id {
			if i == 0 {
				return a
			}
			i--
		}
	}
}

// token is a body that is in a file, if it is, in one piece: of random bytes, which do not compress.
type token struct {
	class Class
	ts    im.Millis
	body  []byte
}

// id is the end of the id: a block has keys without what they begin with as the one before.
func (k *token) id() []byte { return fmt.Appendf(nil, "%x", k.body[4:12]) }

// scribe writes entries to many addresses of a store on the disk, and remembers their bodies.
type scribe struct {
	t      *testing.T
	s      *Store
	rng    *rand.Rand
	index  uint64
	heads  map[im.Address]im.Head
	tokens []token
}

func newScribe(t *testing.T, dir string, seed uint64) *scribe {
	t.Helper()
	o := Options{Shards: testShards, Bucket: testBucket, StrangersBucket: 2 * testBucket, CacheBytes: 1 << 20, plain: true}
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	sc := &scribe{t: t, s: s, rng: rand.New(rand.NewPCG(seed, 0)), heads: map[im.Address]im.Head{}}
	for id := range im.ShardID(testShards + 1) {
		if _, err := s.Shard(id).Load(); err != nil {
			t.Fatal(err)
		}
	}
	return sc
}

// do applies a command to the shards.
func (sc *scribe) do(cmd []byte, shards ...im.ShardID) {
	sc.t.Helper()
	for _, id := range shards {
		sc.index++
		if got := update(sc.t, shardOf(sc.t, sc.s, id), sc.index, cmd); bytes.IndexByte(got, ItemRefused) >= 0 {
			sc.t.Fatalf("command %d: %v", sc.index, got)
		}
	}
}

// write appends an entry to one of the addresses, with a snapshot so that nothing has to be carried.
func (sc *scribe) write(ts im.Millis) {
	sc.t.Helper()
	a := user(1+im.ShardID(sc.rng.IntN(testShards)), sc.rng.IntN(5))
	if sc.rng.IntN(3) == 0 {
		a = strangers(1+im.ShardID(sc.rng.IntN(testShards)), sc.rng.IntN(5))
	}
	h := sc.heads[a]
	body := make([]byte, 16+sc.rng.IntN(100))
	for i := range body {
		body[i] = byte(sc.rng.Uint32())
	}
	h.Seq, h.TS = h.Seq+1, max(ts, h.TS+1)
	sc.tokens = append(sc.tokens, token{ClassOf(a), h.TS, body})
	e := im.Entry{TS: h.TS, N: h.Seq, ID: fmt.Sprintf("%x", body[:12]), Body: body}
	sc.do(appendCmd(im.Append{Addr: a, Expected: h.Seq - 1, Entries: []im.Entry{e}, Final: []byte{1}}), a.Shard(testShards))
	sc.heads[a] = h
}

// files returns all that is in the files of a directory that have such names.
func files(t *testing.T, dir, names string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if ok, _ := filepath.Match(names, d.Name()); err != nil || d.IsDir() || !ok {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went meanwhile
		}
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// misplaced says what is in the files and should not be, or the other way round; "" when all is well.
func (sc *scribe) misplaced(dir string, watermarks [len(classes)]im.Millis) string {
	all, tables := files(sc.t, dir, "*"), files(sc.t, dir, "*.sst")
	for _, k := range sc.tokens {
		live := k.ts >= watermarks[k.class]
		if found := bytes.Contains(all, k.body); found != live {
			return fmt.Sprintf("the body of a %v entry of %d is in the files: %v, want %v", k.class, k.ts, found, live)
		}
		live = k.ts >= sc.s.lengths.idWindow(k.class, watermarks[k.class])
		if found := bytes.Contains(tables, k.id()); found != live {
			return fmt.Sprintf("the id of a %v entry of %d is in the tables: %v, want %v", k.class, k.ts, found, live)
		}
	}
	return ""
}

func eventually(t *testing.T, wrong func() string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		w := wrong()
		if w == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatal(w)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// Bodies of two classes and several shards and buckets are written in a random order of addresses, with flushes and compactions of all
// levels in between; then bucket after bucket expires. After each Reclaim no file of the store
// has any of the bodies that have expired, nor of the ids in windows that have, and the files have all the others. Before it they have them all, which shows that they would
// be found. A file never holds two buckets.
//
// Checked by breaking it: it fails without SpanPolicyFunc, as files of two buckets stay; when Reclaim forgets a table or a class, or
// excises one bucket more; and when Reclaim does nothing.
func TestReclaim_LeavesNoByteOfWhatExpired(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			sc := newScribe(t, dir, seed)
			defer closeStore(t, sc.s)
			const buckets = 15
			for step := range 30 * buckets {
				sc.write(im.Millis(step+1) * buckets * testBucket / (30 * buckets))
				switch sc.rng.IntN(40) {
				case 0:
					must(t, sc.s.db.Flush())
				case 1:
					must(t, sc.s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, false))
				}
			}
			must(t, sc.s.db.Flush())
			eventually(t, func() string { return sc.misplaced(dir, [len(classes)]im.Millis{}) })
			sc.unmixed()
			var watermarks [len(classes)]im.Millis
			for b := im.Millis(1); b <= buckets; b++ {
				for _, c := range []Class{ClassUsual, ClassStrangers} {
					mark := sc.s.lengths.bucket(c, b*testBucket)
					if mark == 0 || c == ClassStrangers && sc.rng.IntN(2) == 0 {
						continue
					}
					sc.do(AppendExpire(AppendSeal(Begin(nil), c, mark), c, mark), 1, 2)
					watermarks[c] = mark
				}
				if sc.rng.IntN(2) == 0 {
					must(t, sc.s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, false))
				}
				done, err := sc.s.Reclaim([]im.ShardID{0, 1, 2})
				if err != nil || done.Later || done.Buckets == 0 || done.Bytes == 0 {
					t.Fatalf("bucket %d: %+v, %v", b, done, err)
				}
				eventually(t, func() string { return sc.misplaced(dir, watermarks) })
				if done, err := sc.s.Reclaim([]im.ShardID{0, 1, 2}); err != nil || done != (Reclaimed{}) {
					t.Fatalf("once more: %+v, %v", done, err)
				}
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unmixed fails when a file holds keys of two buckets, or of a bucket and of another table.
func (sc *scribe) unmixed() {
	sc.t.Helper()
	levels, err := sc.s.db.SSTables()
	must(sc.t, err)
	n := 0
	for _, tables := range levels {
		for _, table := range tables {
			n++
			lo, hi := table.Smallest.UserKey, table.Largest.UserKey
			if _, end, _ := fileSpans(lo); end != nil && bytes.Compare(hi, end) >= 0 && !table.Largest.IsExclusiveSentinel() {
				sc.t.Errorf("a file reaches from %x to %x", lo, hi)
			}
			if table.Virtual {
				sc.t.Errorf("file %v is part of another", table.FileNum)
			}
		}
	}
	if n < 10 {
		sc.t.Errorf("%d files", n)
	}
}
