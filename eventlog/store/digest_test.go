package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// script draws commands for shard 1 that touch all of its tables: appends that fit and some that do not, with ids, what they owe,
// floors and records that come and go; snapshots in parts, of which some miss the last; told cursors; and a malformed one.
func script(seed uint64, n int) []Committed {
	rng := rand.New(rand.NewPCG(seed, 0))
	var cmds []Committed
	index := uint64(0)
	seqs, stamps := map[im.Address]uint64{}, map[im.Address]im.Millis{}
	for range n {
		index += 1 + rng.Uint64N(2) // Raft has entries of its own between
		a := user(1, rng.IntN(3))
		seq, ts := seqs[a], stamps[a]
		var cmd []byte
		switch k := rng.IntN(12); {
		case k < 8 || seq == 0:
			ts += im.Millis(1 + rng.Int64N(int64(testBucket)))
			e := im.Entry{TS: ts, ID: fmt.Sprint("id", index), Owes: k%2 == 0, Body: []byte{byte(rng.IntN(256))}}
			app := im.Append{Addr: a, Expected: seq, Entries: []im.Entry{e}, Floor: uint64(k % 2)}
			if k < 4 {
				text := fmt.Sprint(rng.IntN(5))
				app.Record = &im.Record{TS: ts, Fields: []im.Field{{Name: "f", Type: im.StringField, Text: text}}}
			}
			cmd = appendCmd(app)
			seqs[a], stamps[a] = seq+1, ts
		case k == 8:
			cmd = appendCmd(im.Append{Addr: a, Expected: seq + 7, Entries: []im.Entry{{TS: ts + 1}}}) // refused
		case k == 9:
			cmd = AppendTold(Begin(nil), a, 1+rng.Uint64N(seq))
		case k == 10:
			cmd = Begin(nil)
			for part := range 1 + rng.IntN(3) {
				cmd = AppendPart(cmd, &Part{Addr: a, Seq: seq, TS: ts, Part: part, Parts: 3, Data: []byte{byte(part), byte(seq)}})
			}
		default:
			cmd = append(appendCmd(im.Append{Addr: a, Expected: seq, Entries: []im.Entry{{TS: ts + 1}}}), 0xff)
			seqs[a], stamps[a] = seq+1, ts+1
		}
		cmds = append(cmds, Committed{index, cmd})
	}
	for _, cmd := range passing(seqs, stamps) {
		index++
		cmds = append(cmds, Committed{index, cmd})
	}
	return cmds
}

// passing returns commands after which there are entries that are carried, and a grave.
func passing(seqs map[im.Address]uint64, stamps map[im.Address]im.Millis) [][]byte {
	kept, gone := user(1, 0), user(1, 1)
	next := im.Entry{TS: max(stamps[kept], stamps[gone]) + 1, Owes: true, Body: []byte("kept")}
	before := next.TS + testBucket - next.TS%testBucket
	return [][]byte{
		appendCmd(im.Append{Addr: kept, Expected: seqs[kept], Entries: []im.Entry{next}}),
		appendCmd(im.Append{Addr: gone, Expected: seqs[gone], Entries: []im.Entry{next}, Final: []byte("last"), Gone: true}),
		AppendSeal(Begin(nil), ClassUsual, before),
		AppendCarry(AppendCarry(Begin(nil), kept), gone),
	}
}

func apply(t testing.TB, sh *Shard, cmds []Committed) {
	t.Helper()
	if _, err := sh.Update(cmds); err != nil {
		t.Fatal(err)
	}
}

func digestNow(t testing.TB, s *Store, id im.ShardID) Digest {
	t.Helper()
	v := s.View(id)
	d, err := v.Digest(forEver)
	if err := errors.Join(err, v.Close()); err != nil {
		t.Fatal(err)
	}
	return d
}

// Three replicas get the same commands: one in one piece, one bit by bit with flushes and restarts in between, and one gets what
// the first has whole, in the middle of it, in place of something else. Their digests are equal after every command that
// they are compared at; after others they are not.
//
// Checked by breaking it: it fails when Recover does not clear the shard first.
func TestDigest_IsTheSameOnAllReplicas(t *testing.T) {
	for seed := range uint64(3) {
		cmds := script(seed, 300)
		half := len(cmds) / 2
		fs := vfs.NewMem()
		whole, bits, late := openMem(t, vfs.NewMem()), openMem(t, fs), openMem(t, vfs.NewMem())
		apply(t, whole.Shard(1), cmds[:half])

		for rng, at := rand.New(rand.NewPCG(seed, 1)), 0; at < half; {
			next := min(half, at+1+rng.IntN(20))
			sh := shardOf(t, bits, 1)
			apply(t, sh, cmds[at:next])
			if at = next; rng.IntN(3) == 0 {
				closeStore(t, bits)
				bits = openMem(t, fs)
			}
		}
		behind := shardOf(t, late, 1)
		apply(t, behind, script(seed+100, 40))
		var stream bytes.Buffer
		v := whole.View(1)
		if err := errors.Join(v.Save(&stream, nil), v.Close(), behind.Recover(&stream, nil)); err != nil {
			t.Fatal(err)
		}
		first := digestNow(t, whole, 1)
		for _, s := range []*Store{bits, late} {
			if got := digestNow(t, s, 1); fmt.Sprint(got) != fmt.Sprint(first) || got.Applied != cmds[half-1].Index {
				t.Fatalf("seed %d: half of the way\n%x\nwant\n%x", seed, got, first)
			}
		}
		for _, s := range []*Store{whole, bits, late} {
			apply(t, shardOf(t, s, 1), cmds[half:])
		}
		last := digestNow(t, whole, 1)
		for _, s := range []*Store{bits, late} {
			if got := digestNow(t, s, 1); fmt.Sprint(got) != fmt.Sprint(last) || got.Sum == first.Sum {
				t.Fatalf("seed %d: in the end\n%x\nwant\n%x", seed, got, last)
			}
		}
		for _, s := range []*Store{whole, bits, late} {
			closeStore(t, s)
		}
	}
}

// allKeys returns all that is in a store.
func allKeys(t testing.TB, s *Store) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	it, err := s.db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for it.First(); it.Valid(); it.Next() {
		all[string(it.Key())] = bytes.Clone(it.Value())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever key of a shard is changed, is gone, or is one more, another digest says so, and its table's; that of the other shard
// does not change. No key of the store is in no digest: a table that is forgotten would be.
//
// Checked by breaking it: it fails when keys or values are not hashed, when lengths are not (a byte that moves from the key to the
// value), and when eachRange forgets a table.
func TestDigest_ChangesWithEveryKey(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	apply(t, s.Shard(1), script(1, 50))
	update(t, s.Shard(2), 1, appendCmd(im.Append{Addr: user(2, 0), Entries: []im.Entry{{TS: 1, ID: "x"}}}))
	one, two := digestNow(t, s, 1), digestNow(t, s, 2)
	all := allKeys(t, s)
	keys := 0
	for _, d := range []Digest{one, two} {
		for _, table := range d.Tables {
			keys += int(table.Keys)
		}
	}
	if keys != len(all) {
		t.Errorf("the digests have %d keys, the store has %d", keys, len(all))
	}
	if len(one.Tables) != len(tableNames) || one.Entries() == 0 {
		t.Errorf("the script touches %d tables, want all: %v", len(one.Tables), one.Tables)
	}
	noSync := pebble.NoSync
	for text, val := range all {
		key := []byte(text)
		if !ownedBy(key, 1) || key[0] == tableMeta {
			continue
		}
		added, longer := append(bytes.Clone(key), 'x'), append(bytes.Clone(key), val[0])
		other := bytes.Clone(key)
		other[len(other)-1] ^= 0x80
		for what, change := range map[string]func() error{
			"changed": func() error { return s.db.Set(key, append(bytes.Clone(val[:len(val)-1]), val[len(val)-1]^1), noSync) },
			"gone":    func() error { return s.db.Delete(key, noSync) },
			"new":     func() error { return s.db.Set(added, val, noSync) },
			"another": func() error { return errors.Join(s.db.Delete(key, noSync), s.db.Set(other, val, noSync)) },
			"longer by a byte of its value": func() error {
				return errors.Join(s.db.Delete(key, noSync), s.db.Set(longer, val[1:], noSync))
			},
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			got := digestNow(t, s, 1)
			if got.Sum == one.Sum || fmt.Sprint(tableOf(&got, key[0])) == fmt.Sprint(tableOf(&one, key[0])) {
				t.Errorf("key %x is %s: the digest is still the same", key, what)
			}
			if digestNow(t, s, 2).Sum != two.Sum {
				t.Errorf("key %x of shard 1 is %s: the digest of shard 2 is another", key, what)
			}
			for _, k := range [][]byte{added, other, longer} {
				if err := s.db.Delete(k, noSync); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.db.Set(key, val, noSync); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := digestNow(t, s, 1); got.Sum != one.Sum {
		t.Error("all is as it was, but not the digest")
	}
}

func tableOf(d *Digest, letter byte) TableDigest {
	for _, t := range d.Tables {
		if t.Letter == letter {
			return t
		}
	}
	return TableDigest{}
}

// The digest of a state that everybody can make: nodes of two versions of parley must agree on it. When the form changes, so does
// digestMagic, and this test.
func TestDigest_IsThisForThisState(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh := s.Shard(1)
	update(t, sh, 7, publishCmd(user(1, 0), 1, im.Record{TS: 1, Fields: []im.Field{{Name: "f", Type: im.BoolField, Text: "true"}}}))
	update(t, sh, 9, appendCmd(im.Append{Addr: user(1, 1), Entries: []im.Entry{{TS: 5, N: 1, ID: "id", Owes: true, Body: []byte("hello")}}}))
	d := digestNow(t, s, 1)
	const want = "9 6cf2ed6dd6ddceb3751a5386905f11e3b788b58f7bf39531df3bbec4cad06547"
	if got := fmt.Sprintf("%d %x", d.Applied, d.Sum); got != want {
		t.Errorf("the digest is %s, want %s", got, want)
	}
}

// A shard that holds nothing by its own account, because it is new or because it is just being received whole, has no digest, whatever
// lies about.
func TestDigest_OfNothingIsNothing(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	apply(t, s.Shard(1), script(1, 20))
	if err := s.db.Delete(metaKey(1), pebble.NoSync); err != nil {
		t.Fatal(err)
	}
	for id := range im.ShardID(testShards + 1) {
		if got := digestNow(t, s, id); fmt.Sprint(got) != fmt.Sprint(Digest{Shard: id}) {
			t.Errorf("shard %d: %+v", id, got)
		}
	}
}

// Making a digest ends soon after nobody wants it any more.
//
// Checked by breaking it: it fails when alive is not asked.
func TestDigest_EndsWhenNobodyWaits(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	sh, body := s.Shard(1), make([]byte, MaxBody)
	for i := range uint64(3) {
		update(t, sh, i+1, appendCmd(im.Append{Addr: user(1, 0), Expected: i, Entries: []im.Entry{{TS: im.Millis(i + 1), Body: body}}}))
	}
	gone := errors.New("gone")
	v := s.View(1)
	defer v.Close() //nolint:errcheck // it reads memory
	if d, err := v.Digest(func() error { return gone }); !errors.Is(err, gone) {
		t.Errorf("%+v, %v; want it to end", d, err)
	}
}
