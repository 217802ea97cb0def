package store

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// A deleted address that had a snapshot, a part of another, a carried entry and something to tell is loaded as it was at its end until
// it is buried; it waits for what it owes, and for the watermark. Buried, it has left nothing but its entries and ids, which go with the
// bucket; and what comes then begins at 1, and finds no id of before.
//
// Checked by breaking it: it fails when setFinal leaves the partial, when bury does not look at what is owed, and when it
// leaves head, snapshot or grave.
func TestShard_BuriesWhatIsGone(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh, a := s.Shard(1), user(1, 0)
	index := uint64(0)
	do := func(want byte, cmd []byte) {
		t.Helper()
		index++
		if got := update(t, sh, index, cmd); got[0] != want {
			t.Fatalf("command %d: %v, want %d", index, got, want)
		}
	}
	bury := func(want byte) { t.Helper(); do(want, AppendBury(Begin(nil), a)) }
	do(ItemStored, appendCmd(im.Append{Addr: a, Entries: []im.Entry{{TS: 1}, {TS: 2, Owes: true}, {TS: testBucket, N: 1, ID: "id"}}}))
	do(ItemStored, AppendPart(Begin(nil), &Part{Addr: a, Seq: 1, TS: 1, Parts: 1, Data: []byte("one")}))
	do(ItemStored, AppendPart(Begin(nil), &Part{Addr: a, Seq: 3, TS: testBucket, Parts: 2, Data: []byte("half")}))
	do(ItemStored, AppendSeal(Begin(nil), ClassUsual, testBucket))
	do(ItemStored, AppendCarry(Begin(nil), a))
	do(ItemStored, AppendExpire(Begin(nil), ClassUsual, testBucket))
	do(ItemStored, appendCmd(im.Append{Addr: a, Expected: 3, Entries: []im.Entry{{TS: testBucket + 1}}, Final: []byte("last"), Gone: true}))
	l, err := s.Load(a)
	if err != nil || string(l.Snapshot) != "last" || l.Head.SnapSeq != 4 || len(l.Tail) != 0 || len(l.Untold) != 3 {
		t.Fatalf("%+v, %v", l, err)
	}
	bury(ItemRefused)
	do(ItemStored, AppendSeal(Begin(nil), ClassUsual, 2*testBucket))
	do(ItemStored, AppendCarry(Begin(nil), a))
	do(ItemStored, AppendExpire(Begin(nil), ClassUsual, 2*testBucket))
	bury(ItemRefused)
	if ready, err := s.Graves(1, ClassUsual, 2*testBucket, 10); err != nil || len(ready) != 0 {
		t.Errorf("it owes something, and is ready: %v, %v", ready, err)
	}
	do(ItemStored, AppendTold(Begin(nil), a, 2))
	ready, err := s.Graves(1, ClassUsual, 2*testBucket, 10)
	early, err2 := s.Graves(1, ClassUsual, testBucket, 10)
	if err := errors.Join(err, err2); err != nil || len(ready) != 1 || ready[0] != a || len(early) != 0 {
		t.Errorf("ready: %v and %v, %v", ready, early, err)
	}
	bury(ItemStored)
	for key := range allKeys(t, s) {
		if key[0] != tableMeta && key[0] != tableEvent && key[0] != tableDedup {
			t.Errorf("left: %q", key)
		}
	}
	bury(ItemRefused)
	do(ItemStored, appendCmd(im.Append{Addr: a, Entries: []im.Entry{{TS: 2*testBucket + 1, N: 1, ID: "new"}}}))
	if _, known, err := s.Lookup(a, "id", 0); known || err != nil {
		t.Errorf("an id of before is known: %v", err)
	}
	if h, err := s.History(a, im.Before{}, 0, 10); err != nil || len(h) != 1 || h[0].Seq != 1 {
		t.Errorf("history: %v, %v", h, err)
	}
}

// Whoever appends to a deleted address brings it back: nobody buries it.
//
// Checked by breaking it: without wake the grave stays.
func TestShard_AnAppendOpensTheGrave(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh, a := s.Shard(1), user(1, 0)
	update(t, sh, 1, appendCmd(im.Append{Addr: a, Entries: []im.Entry{{TS: 1}}, Final: []byte("last"), Gone: true}))
	update(t, sh, 2, appendCmd(im.Append{Addr: a, Expected: 1, Entries: []im.Entry{{TS: 2}}}))
	expire(t, s, 1, 3, testBucket)
	if ready, err := s.Graves(1, ClassUsual, testBucket, 10); err != nil || len(ready) != 0 {
		t.Errorf("graves: %v, %v", ready, err)
	}
	if got := update(t, shardOf(t, s, 1), 4, AppendBury(Begin(nil), a)); got[0] != ItemRefused {
		t.Errorf("it was buried: %v", got)
	}
}
