package store

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// FuzzShard_Update: no command, however broken, makes a replica panic; two replicas that apply the same commands, one all at
// once and the other restarted in between, answer and hold the same; and what is there can be read. It is cleared before each
// input, so that an input alone says what happens. That one replica forgets to write its heads fails on a seed.
func FuzzShard_Update(f *testing.F) {
	seeds := seedCommands()
	for i, c := range seeds {
		f.Add(c, seeds[len(seeds)-1])
		f.Add(seeds[len(seeds)-2], c)
		f.Add(c, seeds[(i+1)%len(seeds)])
	}
	one, two := newReplica(f), newReplica(f)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		one.begin(t)
		two.begin(t)
		together, err := one.Update([]Committed{{1, first}, {2, second}})
		if otherVersion(first) || otherVersion(second) {
			if applied, aerr := one.s.Applied(1); err == nil || aerr != nil || applied != 0 {
				t.Fatalf("a command of another program: %v, applied %d, %v", err, applied, aerr)
			}
			return
		}
		if err != nil {
			t.Fatalf("a malformed command stops the shard: %v", err)
		}
		apart := [][]byte{update(t, two.Shard, 1, first)}
		if applied, err := two.Load(); err != nil || applied != 1 {
			t.Fatalf("applied %d, %v", applied, err)
		}
		apart = append(apart, update(t, two.Shard, 2, second))
		if !reflect.DeepEqual(together, apart) || !bytes.Equal(one.dump(t), two.dump(t)) {
			t.Fatalf("replicas differ: %v, %v", together, apart)
		}
		readBack(t, one.s, first, second, together)
		if err := checkIndex(one.s); err != nil {
			t.Fatal(err)
		}
	})
}

func otherVersion(cmd []byte) bool { return len(cmd) > 0 && cmd[0] != 0 && cmd[0] != CommandVersion }

// replica is shard 1 of a store in memory.
type replica struct {
	*Shard
	inputs int
}

func newReplica(f *testing.F) *replica {
	f.Helper()
	s := openMem(f, vfs.NewMem())
	f.Cleanup(func() { closeStore(f, s) })
	return &replica{Shard: s.Shard(1)}
}

// begin empties the shard. Most of the time it does not wait for the disk as clear does: a flush costs more than all the rest.
func (r *replica) begin(t *testing.T) {
	t.Helper()
	r.forget()
	r.meta = meta{}
	b := r.s.db.NewBatch()
	err := r.s.eachRange(r.s.db, r.id, everything, func(lo, hi []byte) error { return b.DeleteRange(lo, hi, nil) })
	if err == nil {
		_, err = r.s.commit(b)
	}
	if r.inputs++; r.inputs%32 == 0 && err == nil {
		err = r.clear()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// dump returns all keys and values, each with its length.
func (r *replica) dump(t *testing.T) []byte {
	t.Helper()
	it, err := r.s.db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for it.First(); it.Valid(); it.Next() {
		if err := writeRecord(&all, it.Key(), it.Value()); err != nil {
			t.Fatal(err)
		}
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}

// readBack loads every address that the commands name: it has the entries that were stored, and the state that was, unless a
// snapshot lies about the stamp of its entry, which the shard does not check.
func readBack(t *testing.T, s *Store, first, second []byte, results [][]byte) {
	t.Helper()
	stamps, liars, expired := map[im.Address][]im.Millis{}, map[im.Address]bool{}, false
	for i, cmd := range [][]byte{first, second} {
		n := 0
		_ = decodeCommand(cmd, func(it *item) error { // what is malformed has no results
			stored := results[i][n] == ItemStored
			n++
			expired = expired || it.op == opExpire && stored // what was not carried is missing then
			if it.op == opSeal || it.op == opExpire {
				return nil
			}
			stamps[it.addr] = stamps[it.addr][:len(stamps[it.addr]):len(stamps[it.addr])]
			switch {
			case it.op == opAppend && stored:
				for _, e := range it.entries {
					stamps[it.addr] = append(stamps[it.addr], e.ts)
				}
			case it.op == opSnapshot && stored:
				seq := it.part.Seq
				liars[it.addr] = liars[it.addr] || seq == 0 || seq > uint64(len(stamps[it.addr])) || stamps[it.addr][seq-1] != it.part.TS
			}
			return nil
		})
	}
	for a, want := range stamps {
		if !expired && !liars[a] && a.Shard(testShards) == 1 {
			checkLoad(t, s, a, want)
		}
	}
}

func checkLoad(t *testing.T, s *Store, a im.Address, stamps []im.Millis) {
	t.Helper()
	l, err := s.Load(a)
	if err != nil {
		t.Fatalf("%v: %v", a, err)
	}
	h, err := s.Head(a)
	if err != nil || l.Head != h || l.Head.Seq != uint64(len(stamps)) || len(l.Tail) != len(stamps)-int(h.SnapSeq) || (l.Snapshot != nil) != (h.SnapSeq > 0) {
		t.Fatalf("%v: %d entries, head %+v (%v), loaded %+v", a, len(stamps), h, err, l)
	}
	for i, e := range l.Tail {
		if e.TS != stamps[int(h.SnapSeq)+i] {
			t.Fatalf("%v: entry %d is of %d, want %d", a, e.Seq, e.TS, stamps[int(h.SnapSeq)+i])
		}
	}
}
