package store

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// old appends an entry of each of the first buckets to an address of shard id, with a last state, and returns what loads it.
func old(t testing.TB, s *Store, id im.ShardID, index uint64, buckets int) im.Address {
	t.Helper()
	a, sh := user(id, 0), shardOf(t, s, id)
	for i := range uint64(buckets) {
		e := im.Entry{TS: testBucket*im.Millis(i) + 5, N: i + 1, ID: fmt.Sprint(i), Body: []byte("body")}
		update(t, sh, index+i, appendCmd(im.Append{Addr: a, Expected: i, Entries: []im.Entry{e}, Final: []byte{1}}))
	}
	return a
}

// expire moves both marks of a shard.
func expire(t testing.TB, s *Store, id im.ShardID, index uint64, before im.Millis) {
	t.Helper()
	cmd := AppendExpire(AppendSeal(Begin(nil), ClassUsual, before), ClassUsual, before)
	if got := update(t, shardOf(t, s, id), index, cmd); bytes.IndexByte(got, ItemRefused) >= 0 {
		t.Fatalf("expire: %v", got)
	}
}

func reclaim(t testing.TB, s *Store, want Reclaimed, held ...im.ShardID) {
	t.Helper()
	got, err := s.Reclaim(held)
	if got.Bytes = 0; err != nil || got != want {
		t.Fatalf("reclaimed %+v, %v, want %+v", got, err, want)
	}
}

// A shard that is named and is not there, or was loaded and not named, holds back what others have let go; one that was dropped does
// not.
//
// Checked by breaking it: it fails when lowest looks at the named ones alone, or leaves out those without marks.
func TestReclaim_WaitsForTheLastShard(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	old(t, s, 1, 1, 5)
	expire(t, s, 1, 10, 3*testBucket)
	reclaim(t, s, Reclaimed{}, 0, 1, 2)
	old(t, s, 2, 1, 5)
	reclaim(t, s, Reclaimed{}, 1)
	expire(t, s, 2, 10, 2*testBucket)
	reclaim(t, s, Reclaimed{Buckets: 2}, 1)
	must(t, s.Drop(2))
	reclaim(t, s, Reclaimed{Buckets: 1}, 1)
	reclaim(t, s, Reclaimed{}, 1)
}

// What a view may still read stays until it is closed, and it reads it; a view that began later holds nothing back.
//
// Checked by breaking it: when Reclaim does not ask for views, the stream has one entry.
func TestReclaim_WaitsForViews(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	old(t, s, 1, 1, 3)
	v := s.View(1)
	expire(t, s, 1, 10, 2*testBucket)
	reclaim(t, s, Reclaimed{Later: true}, 1)
	late := s.View(1)
	defer late.Close() //nolint:errcheck // it reads memory
	var stream bytes.Buffer
	must(t, v.Save(&stream, nil))
	if n := bytes.Count(stream.Bytes(), []byte("body")); n != 3 || s.Views() != 2 {
		t.Errorf("the stream of the view has %d entries, want 3; %d views", n, s.Views())
	}
	must(t, v.Close())
	reclaim(t, s, Reclaimed{Buckets: 2}, 1)
}

// A read that began before the watermark moved ends in peace: Reclaim waits for it, and for none that begins later.
//
// Checked by breaking it: without reads.wait the read does not find its entries.
func TestReclaim_WaitsForReads(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	a := old(t, s, 1, 1, 3)
	r, err := s.read(a)
	must(t, err)
	expire(t, s, 1, 10, 2*testBucket)
	done := make(chan error)
	go func() {
		_, err := s.Reclaim([]im.ShardID{1})
		done <- err
	}()
	eventually(t, func() string {
		s.reads.mu.Lock()
		defer s.reads.mu.Unlock()
		if s.reads.turn == 0 {
			return "nobody waits"
		}
		return ""
	})
	later, err := s.read(a)
	must(t, err)
	p := page{limit: 10}
	h, err := s.head(r, a)
	must(t, err)
	if _, err := p.read(s, r, a, &h); err != nil || len(p.messages) != 3 {
		t.Errorf("the read finds %d entries (%v), want 3", len(p.messages), err)
	}
	must(t, r.end())
	must(t, <-done)
	must(t, later.end())
	if l, err := s.Weigh(ClassUsual); err != nil || len(l) != 1 {
		t.Errorf("left: %v, %v", l, err)
	}
}

// Entries are carried, the watermark moves, the buckets are deleted, and more is applied. Then the power fails, and all that nobody had
// asked to be synced is lost. Raft applies what the store does not hold once more: all is as on a replica that never failed, and what was
// carried is there, though the buckets are gone.
//
// Checked by breaking it: without the flush in excise the power takes the watermark and what was carried, and the carry that is
// applied again finds no entries.
func TestReclaim_SurvivesPowerLoss(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s, sound := openMem(t, fs), openMem(t, vfs.NewMem())
	defer closeStore(t, sound)
	a := user(1, 0)
	var log []Committed
	do := func(cmd []byte) { log = append(log, Committed{uint64(len(log) + 1), cmd}) }
	for i := range uint64(8) {
		do(appendCmd(im.Append{Addr: a, Expected: i, Entries: []im.Entry{{TS: testBucket*im.Millis(i) + 5, N: i + 1, Body: []byte("body")}}}))
	}
	apply(t, shardOf(t, s, 1), log)
	must(t, shardOf(t, s, 1).Sync()) // so far the disk has it without any flush of Reclaim's
	for b := range im.Millis(6) {
		mark := (b + 1) * testBucket
		do(AppendSeal(Begin(nil), ClassUsual, mark))
		do(AppendCarry(Begin(nil), a))
		do(AppendExpire(Begin(nil), ClassUsual, mark))
		applied, err := s.Applied(1)
		must(t, err)
		apply(t, shardOf(t, s, 1), log[applied:])
		if b%2 == 0 {
			reclaim(t, s, Reclaimed{Buckets: int(min(b+1, 2))}, 1)
		}
		crashed := fs.CrashClone(vfs.CrashCloneCfg{})
		closeStore(t, s)
		fs, s = crashed, openMem(t, crashed)
	}
	applied, err := s.Applied(1)
	must(t, err)
	if applied == uint64(len(log)) {
		t.Fatal("nothing was lost")
	}
	apply(t, shardOf(t, s, 1), log[applied:])
	defer closeStore(t, s)
	apply(t, shardOf(t, sound, 1), log)
	if got, want := digestNow(t, s, 1), digestNow(t, sound, 1); got.Sum != want.Sum {
		t.Errorf("%+v, want %+v", got, want)
	}
	if l, err := s.Load(a); err != nil || len(l.Tail) != 8 || len(l.Tail[5].Body) != 0 || string(l.Tail[6].Body) != "body" {
		t.Errorf("loaded %+v, %v", l, err)
	}
}

// Nothing is reclaimed while a shard is received whole: what comes may be older than what the others have let go.
//
// Checked by breaking it: without the lock in receive the bucket goes.
func TestReclaim_WaitsForWhatIsReceived(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	old(t, s, 1, 1, 3)
	var stream bytes.Buffer
	v := s.View(1)
	must(t, errors.Join(v.Save(&stream, nil), v.Close()))
	expire(t, s, 1, 10, 2*testBucket)
	in := &meddler{r: &stream, meddle: func() { reclaim(t, s, Reclaimed{Later: true}) }}
	must(t, shardOf(t, s, 1).Recover(in, nil))
	reclaim(t, s, Reclaimed{})
	if l, err := s.Weigh(ClassUsual); err != nil || len(l) != 3 || l[2].Start != 2*testBucket || l[2].End != 3*testBucket {
		t.Errorf("left: %v, %v", l, err)
	}
}

// meddler does something before each read.
type meddler struct {
	r      *bytes.Buffer
	meddle func()
}

// Read implements io.Reader.
func (m *meddler) Read(p []byte) (int, error) {
	m.meddle()
	return m.r.Read(p)
}
