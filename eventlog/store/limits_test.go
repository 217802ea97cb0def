package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// A state is taken up to 256 MiB, which is as many parts as a head can count.
//
// Checked by breaking it: without its case in CheckSnapshot the longer state passes.
func TestCheckSnapshot_RefusesALongState(t *testing.T) {
	a := im.User("app", "tom")
	if err := CheckSnapshot(a, 1, 1, MaxSnapshot); err != nil {
		t.Errorf("the largest state: %v", err)
	}
	if err := CheckSnapshot(a, 1, 1, MaxSnapshot+1); err == nil || im.KindOf(err) != im.TooLong {
		t.Errorf("a longer state: %v, want too long", err)
	}
	if n := Parts(MaxSnapshot); n != maxSnapshotParts {
		t.Errorf("the largest state has %d parts, want %d", n, maxSnapshotParts)
	}
}

// Of a command with too many items, those that it may have are applied, on every replica alike.
//
// Checked by breaking it: without maxItems in decodeCommand all are applied.
func TestShard_IgnoresItemsOverTheBound(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	defer closeStore(t, s)
	cmd := Begin(nil)
	for range MaxItems + 10 {
		cmd = AppendTold(cmd, user(1, 0), 1)
	}
	if n := len(update(t, s.Shard(1), 1, cmd)); n != MaxItems {
		t.Errorf("%d items were applied, want %d", n, MaxItems)
	}
}

// A table holds two generations, whatever goes through it, and what the batch must contain is among them.
//
// Checked by breaking it: without the limit in put the young generation grows for ever.
func TestTable_HoldsTwoGenerations(t *testing.T) {
	const limit = 16
	table := newTable(limit, func(v []byte) (uint64, error) { return binary.BigEndian.Uint64(v), nil })
	for i := range uint64(100 * limit) {
		if i%limit == 0 {
			table.set(fmt.Append(nil, "changed", i), i)
		}
		table.put(fmt.Append(nil, i), slot[uint64]{value: i})
		if n := len(table.young) + len(table.old); n > 2*limit {
			t.Fatalf("%d values are held, want %d at most", n, 2*limit)
		}
		written := 0
		if err := table.flush(func([]byte, uint64) error { written++; return nil }); err != nil || written > 1 {
			t.Fatalf("%d values were written, %v", written, err)
		}
	}
}

// A record of a stream that claims to be longer than any is refused before its bytes are read.
//
// Checked by breaking it: without the bounds in readRecord the long ones are read.
func TestReadRecord_RefusesLongOnes(t *testing.T) {
	for _, c := range []struct {
		key, val int
		want     error
	}{
		{maxStreamKey, 1, nil},
		{1, maxStreamValue, nil},
		{maxStreamKey + 1, 1, errStream},
		{1, maxStreamValue + 1, errStream},
		{1, 1<<32 - 1, errStream},
		{0, 1, errStream},
	} {
		var head [8]byte
		binary.BigEndian.PutUint32(head[:], uint32(c.key))
		binary.BigEndian.PutUint32(head[4:], uint32(c.val))
		r := io.Reader(bytes.NewReader(head[:]))
		if c.want == nil {
			r = io.MultiReader(r, bytes.NewReader(make([]byte, c.key+c.val)))
		}
		if key, val, err := readRecord(r); !errors.Is(err, c.want) || c.want == nil && (len(key) != c.key || len(val) != c.val) {
			t.Errorf("a record of %d + %d bytes: %d + %d, %v", c.key, c.val, len(key), len(val), err)
		}
	}
}
