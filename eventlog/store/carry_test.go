package store

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// All commands of a bucket's end come in one Update, among them those whose entries a carry reads: the result is that of one command
// at a time.
//
// Checked by breaking it: when a carry shares a batch with the commands before it, it finds no entries.
func TestShard_CarriesWhatTheSameUpdateBrought(t *testing.T) {
	one, together := openMem(t, vfs.NewMem()), openMem(t, vfs.NewMem())
	defer closeStore(t, one)
	defer closeStore(t, together)
	a := user(1, 0)
	var cmds []Committed
	for i, cmd := range [][]byte{
		appendCmd(im.Append{Addr: a, Entries: []im.Entry{{TS: 1, N: 1, ID: "id", Body: []byte("body")}, {TS: 2, Owes: true, ID: "kept", Body: []byte("kept")}}}),
		AppendSeal(Begin(nil), ClassUsual, testBucket),
		AppendCarry(Begin(nil), a),
		AppendExpire(Begin(nil), ClassUsual, testBucket),
		appendCmd(im.Append{Addr: a, Expected: 2, Entries: []im.Entry{{TS: testBucket}}}),
	} {
		cmds = append(cmds, Committed{uint64(i + 1), cmd})
		update(t, shardOf(t, one, 1), uint64(i+1), cmd) // a new Shard each time has nothing in its caches
	}
	apply(t, shardOf(t, together, 1), cmds)
	if got, want := digestNow(t, together, 1), digestNow(t, one, 1); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	l, err := together.Load(a)
	must(t, err)
	want := []im.Entry{{Seq: 1, N: 1, TS: 1, Body: []byte{}}, {Seq: 2, TS: 2, Owes: true, ID: "kept", Body: []byte("kept")}, {Seq: 3, TS: testBucket, Body: []byte{}}}
	if fmt.Sprintf("%+v", l.Tail) != fmt.Sprintf("%+v", want) {
		t.Errorf("loaded %+v, want %+v", l.Tail, want)
	}
}

// A command that carries or buries does nothing else: where it goes on otherwise it is malformed, as is another that goes on with a carry.
func TestShard_CarriesAlone(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh, a := s.Shard(1), user(1, 0)
	for i, c := range []struct {
		cmd  []byte
		want int // items applied
	}{
		{AppendCarry(AppendBury(AppendCarry(Begin(nil), a), a), a), 3},
		{AppendTold(AppendCarry(Begin(nil), a), a, 1), 1},
		{AppendSeal(AppendBury(Begin(nil), a), ClassUsual, testBucket), 1},
		{AppendCarry(AppendTold(Begin(nil), a, 1), a), 1},
		{AppendBury(AppendSeal(Begin(nil), ClassUsual, testBucket), a), 1},
	} {
		if got := update(t, sh, uint64(i+1), c.cmd); len(got) != c.want {
			t.Errorf("%x: %d items were applied, want %d", c.cmd, len(got), c.want)
		}
	}
}

// What a command carries is bounded: of many large entries some are copied, and as many commands as it takes copy the rest, in order.
//
// Checked by breaking it: without the bound in copyEntries one command copies all.
func TestShard_CarriesSomeAtATime(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh, a := s.Shard(1), user(1, 0)
	const count = 20
	for i := range uint64(count) {
		update(t, sh, i+1, appendCmd(im.Append{Addr: a, Expected: i, Entries: []im.Entry{{TS: im.Millis(i + 1), Body: make([]byte, MaxBody)}}}))
	}
	update(t, sh, count+1, AppendSeal(Begin(nil), ClassUsual, testBucket))
	for i, had := uint64(0), uint64(0); ; i++ {
		left, _, err := s.Uncovered(1, ClassUsual, testBucket, nil, 10)
		must(t, err)
		if len(left) == 0 {
			if had != count || i < 3 {
				t.Fatalf("%d commands have carried %d entries, want all %d", i, had, count)
			}
			return
		}
		got := update(t, sh, count+2+i, AppendCarry(AppendCarry(Begin(nil), a), a))
		has, _, err := s.Left(1)
		if must(t, err); has <= had || has > had+maxBatch/MaxBody+1 || got[0] != ItemStored {
			t.Fatalf("%v: %d entries are carried, %d were", got, has, had)
		}
		had = has
	}
}
