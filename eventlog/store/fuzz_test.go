package store

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

func seedCommands() [][]byte {
	a := user(1, 0)
	full := appendCmd(im.Append{
		Addr: a, Epoch: im.Epoch{Term: 3, Activation: 1 << 40}, Expected: 7,
		Entries: []im.Entry{{N: 1, TS: 1 << 41, ID: "id", Owes: true, Body: []byte("body")}, {TS: 1<<41 + 1}},
	})
	full = AppendPart(full, &Part{Addr: a, Seq: 9, TS: 5, Part: 1, Parts: 2, Data: []byte("data")})
	return [][]byte{nil, {0}, {1}, {2}, Begin(nil), full, AppendTold(full, a, 3), full[:len(full)-1], append(full, 9)}
}

// FuzzShard_Update: no command, however broken, makes a replica panic or apply it twice.
func FuzzShard_Update(f *testing.F) {
	for _, c := range seedCommands() {
		f.Add(c)
	}
	s := openMem(f, vfs.NewMem())
	f.Cleanup(func() { closeStore(f, s) })
	sh := s.Shard(1)
	index := uint64(0)
	f.Fuzz(func(t *testing.T, cmd []byte) {
		index++
		if _, err := sh.Update([]Committed{{index, cmd}}); err != nil {
			if len(cmd) == 0 || cmd[0] <= CommandVersion {
				t.Fatalf("a malformed command stops the shard: %v", err)
			}
			index--
		}
		if applied, err := s.Applied(1); err != nil || applied != index {
			t.Fatalf("applied %d, %v, want %d", applied, err, index)
		}
	})
}

// FuzzCommand_RoundTrip: what decodes encodes to something that decodes to the same.
func FuzzCommand_RoundTrip(f *testing.F) {
	for _, c := range seedCommands() {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, cmd []byte) {
		once, err := recode(cmd)
		if err != nil {
			return
		}
		twice, err := recode(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("encoding is not stable: %x, then %x, %v", once, twice, err)
		}
	})
}

func recode(cmd []byte) ([]byte, error) {
	out := Begin(nil)
	err := decodeCommand(cmd, func(it *item) error {
		switch it.op {
		case opAppend:
			a := im.Append{Addr: it.addr, Epoch: it.epoch, Expected: it.expected}
			for _, e := range it.entries {
				a.Entries = append(a.Entries, im.Entry{N: e.n, TS: e.ts, ID: string(e.id), Owes: e.owes(), Body: e.body})
			}
			out = AppendEntries(out, &a)
		case opSnapshot:
			p := it.part
			p.Addr, p.Epoch = it.addr, it.epoch
			out = AppendPart(out, &p)
		case opTold:
			out = AppendTold(out, it.addr, it.through)
		}
		return nil
	})
	return out, err
}

// FuzzRecords: no value on disk, however broken, makes a decoder panic, and what decodes encodes to the same meaning.
func FuzzRecords(f *testing.F) {
	f.Add(appendEvent(nil, 5, &entry{flags: flagOwes, n: 1, ts: 2, id: []byte("id"), body: []byte("body")}))
	f.Add(appendHead(nil, &head{Head: im.Head{Seq: 1, N: 2, TS: 3, SnapSeq: 4, SnapTS: 5}, firstTS: 6, snapParts: 7}))
	f.Add(appendStoredAt(nil, im.StoredAt{Seq: 1, N: 2, TS: 3}))
	f.Add(appendOwed(nil, im.Owed{First: 1, Last: 300}))
	f.Add(appendPartial(nil, partial{seq: 1, next: 2}))
	f.Add(appendMeta(nil, meta{applied: 1, ord: 1 << 63}))
	f.Add(encodePart([]byte("data")))
	f.Fuzz(func(t *testing.T, v []byte) {
		if _, err := decodeEvent(v); err != nil && len(v) > 0 && v[0] == recordVersion {
			_ = err // an event may hold anything but must not panic
		}
		again(t, v, decodeHead, func(h head) []byte { return appendHead(nil, &h) })
		again(t, v, decodeStoredAt, func(x im.StoredAt) []byte { return appendStoredAt(nil, x) })
		again(t, v, decodeOwed, func(x im.Owed) []byte { return appendOwed(nil, x) })
		again(t, v, decodePartial, func(x partial) []byte { return appendPartial(nil, x) })
		again(t, v, decodeMeta, func(x meta) []byte { return appendMeta(nil, x) })
		again(t, v, decodePart, encodePart)
	})
}

func again[T any](t *testing.T, v []byte, decode func([]byte) (T, error), encode func(T) []byte) {
	t.Helper()
	x, err := decode(v)
	if err != nil {
		return
	}
	if y, err := decode(encode(x)); err != nil || !reflect.DeepEqual(x, y) {
		t.Fatalf("%x decodes to %+v, and that to %+v, %v", v, x, y, err)
	}
}

// FuzzShard_Recover: a stream that Save has not written is an error, and the shard then counts as empty.
func FuzzShard_Recover(f *testing.F) {
	s := openMem(f, vfs.NewMem())
	f.Cleanup(func() { closeStore(f, s) })
	sh := s.Shard(1)
	for i, c := range seedCommands()[5:6] {
		if _, err := sh.Update([]Committed{{uint64(i + 1), c}}); err != nil {
			f.Fatal(err)
		}
	}
	var buf bytes.Buffer
	v := sh.View()
	if err := v.Save(&buf, nil); err != nil {
		f.Fatal(err)
	}
	if err := v.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add(buf.Bytes()[:buf.Len()-8])
	f.Add([]byte("PSS\x01"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, stream []byte) {
		err := sh.Recover(bytes.NewReader(stream), nil)
		applied, aerr := s.Applied(1)
		if aerr != nil || err != nil && applied != 0 {
			t.Fatalf("recover: %v, applied %d, %v", err, applied, aerr)
		}
	})
}
