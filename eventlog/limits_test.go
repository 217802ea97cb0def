package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// Reads that wait for a barrier are bounded in number; a barrier makes room for all of them.
//
// Checked by breaking it: without the limit in put the fourth is taken.
func TestReadQueue_RefusesOverItsBound(t *testing.T) {
	q := newReadQueue(3, always(time.Second))
	for range 2 {
		for i, want := range []error{nil, nil, nil, errOverloaded} {
			if err := q.put(read{}); !errors.Is(err, want) {
				t.Fatalf("read %d of 3: %v, want %v", i+1, err, want)
			}
		}
		if reads, closed := q.takeAll(); len(reads) != 3 || closed {
			t.Fatalf("took %d reads, closed %v, want 3 and false", len(reads), closed)
		}
	}
}

// Reads that are kept for another barrier count against the bound until they are answered.
//
// Checked by breaking it: when keep does not count, more are taken.
func TestReadQueue_CountsReadsThatItKeeps(t *testing.T) {
	q := newReadQueue(3, always(time.Hour))
	for range 3 {
		if err := q.put(read{}); err != nil {
			t.Fatal(err)
		}
	}
	reads, _ := q.takeAll()
	q.keep(reads[1:])
	if taken, _ := q.takeAll(); len(taken) != 2 {
		t.Fatalf("%d reads are left, want 2", len(taken))
	}
	for i, want := range []error{nil, errOverloaded} {
		if err := q.put(read{}); !errors.Is(err, want) {
			t.Fatalf("read %d more: %v, want %v", i+1, err, want)
		}
	}
	q.keep(nil)
	if err := q.put(read{}); err != nil {
		t.Fatalf("when those are answered: %v", err)
	}
}

// Told cursors of more addresses than there is room for are dropped; those that wait move on.
//
// Checked by breaking it: without maxTold in add all are kept.
func TestToldMap_DropsOverItsBound(t *testing.T) {
	told := toldMap{through: map[im.Address]uint64{}}
	teller := func(i int) im.Address { return im.User("app", im.UserID(fmt.Sprint(i))) }
	for i := range maxTold + 10 {
		told.add(teller(i), 1)
	}
	told.add(teller(0), 7)
	all := told.takeAll()
	if len(all) != maxTold || all[teller(0)] != 7 {
		t.Errorf("%d cursors wait, the first at %d, want %d and 7", len(all), all[teller(0)], maxTold)
	}
	if _, kept := all[teller(maxTold)]; kept {
		t.Error("one too many was kept")
	}
	told.add(teller(maxTold), 1)
	if all := told.takeAll(); len(all) != 1 {
		t.Errorf("%d cursors wait after the others were written, want 1", len(all))
	}
}

// A manifest is read up to its bound, however long the file is.
//
// Checked by breaking it: read by os.ReadFile, the long one passes.
func TestReadManifest_RefusesALongOne(t *testing.T) {
	dir := t.TempDir()
	m := newManifest(&Options{Node: "node1", Shards: 1}, "host", newUUID())
	if err := m.write(dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, manifestName)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := cutCheck(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		size int
		ok   bool
	}{{maxManifest, true}, {maxManifest + 1, false}} {
		padded := rechecked(append(bytes.Repeat([]byte(" "), c.size-len(text)), plain...))
		if err := os.WriteFile(name, padded, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readManifest(dir); (err == nil) != c.ok {
			t.Errorf("a manifest of %d bytes: %v", c.size, err)
		}
	}
}

// always is a timeout that does not change.
func always(d time.Duration) func() time.Duration { return func() time.Duration { return d } }
