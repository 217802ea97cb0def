// Package blobtest tests what every blob.Store must do.
package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/blob"
)

// Run tests stores that open returns, each of them empty.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *bench){
		"what was put is found, whole, and with its time": testPut,
		"what is missing is not found":                    testMissing,
		"a file is read from anywhere":                    testSeek,
		"the same may be put again":                       testAgain,
		"many put at once":                                testMany,
		"old files are swept, and no others":              testSweep,
	} {
		t.Run(name, func(t *testing.T) { test(t, newBench(t, open(t))) })
	}
}

// now is when files are stored: noon, so that nothing happens on another day.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// bench is a store under test, and a spool.
type bench struct {
	blob.Store
	spool *blob.Spool
}

func newBench(t *testing.T, s blob.Store) *bench {
	t.Helper()
	spool, err := blob.OpenSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &bench{s, spool}
}

// put stores content, and returns its name.
func (b *bench) put(t *testing.T, content []byte, stored time.Time) blob.Name {
	t.Helper()
	name := blob.NewName("bin")
	if err := b.putAs(t, name, content, stored); err != nil {
		t.Fatal(err)
	}
	return name
}

func (b *bench) putAs(t *testing.T, name blob.Name, content []byte, stored time.Time) error {
	t.Helper()
	d, err := b.spool.New()
	if err != nil {
		return err
	}
	if _, err := d.Write(content); err != nil {
		return err
	}
	return errors.Join(b.Put(t.Context(), d, name, stored), d.Discard())
}

// read returns what a file has; ErrNotFound when there is none.
func (b *bench) read(t *testing.T, name blob.Name) ([]byte, blob.Info, error) {
	t.Helper()
	f, err := b.Open(t.Context(), name)
	if err != nil {
		return nil, blob.Info{}, err
	}
	content, err := io.ReadAll(f)
	return content, f.Info(), errors.Join(err, f.Close())
}

func (b *bench) wants(t *testing.T, name blob.Name, content []byte, stored time.Time) {
	t.Helper()
	got, info, err := b.read(t, name)
	want := blob.Info{Name: name, Size: int64(len(content)), Stored: stored}
	if err != nil || !bytes.Equal(got, content) || info.Name != name || info.Size != want.Size || !info.Stored.Equal(stored) {
		t.Errorf("%s: %d bytes, %+v, %v; want %+v", name, len(got), info, err, want)
	}
}

func (b *bench) lacks(t *testing.T, name blob.Name) {
	t.Helper()
	if got, _, err := b.read(t, name); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("%s: %d bytes, %v; want that it is not found", name, len(got), err)
	}
}

func testPut(t *testing.T, b *bench) {
	for _, content := range [][]byte{[]byte("x"), bytes.Repeat([]byte("0123456789abcdef"), 100_000)} {
		name := b.put(t, content, now.Add(300*time.Millisecond))
		b.wants(t, name, content, now)
	}
}

func testMissing(t *testing.T, b *bench) {
	b.put(t, []byte("x"), now)
	b.lacks(t, blob.NewName("bin"))
	for _, name := range []blob.Name{"", "../../etc/passwd", "0f3a9c1e/../x.bin", "0f3a9c1e/77b0d2e4", "."} {
		b.lacks(t, name)
	}
}

func testSeek(t *testing.T, b *bench) {
	f, err := b.Open(t.Context(), b.put(t, []byte("0123456789"), now))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	for _, s := range []struct {
		offset int64
		whence int
		want   string
	}{{7, io.SeekStart, "789"}, {-2, io.SeekEnd, "89"}, {0, io.SeekStart, "0123456789"}, {-10, io.SeekCurrent, "0123456789"}} {
		if _, err := f.Seek(s.offset, s.whence); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || string(got) != s.want {
			t.Errorf("from %d of %d: %q, %v; want %q", s.offset, s.whence, got, err, s.want)
		}
	}
}

func testAgain(t *testing.T, b *bench) {
	name := b.put(t, []byte("same"), now)
	if err := b.putAs(t, name, []byte("same"), now); err != nil {
		t.Fatal(err)
	}
	b.wants(t, name, []byte("same"), now)
}

func testMany(t *testing.T, b *bench) {
	var all sync.WaitGroup
	names := make([]blob.Name, 50)
	errs := make([]error, len(names))
	for i := range names {
		names[i] = blob.NewName("txt")
		all.Go(func() { errs[i] = b.putAs(t, names[i], fmt.Append(nil, i), now.Add(-time.Duration(i)*time.Hour)) })
	}
	all.Wait()
	for i, name := range names {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		b.wants(t, name, fmt.Append(nil, i), now.Add(-time.Duration(i)*time.Hour))
	}
}

func testSweep(t *testing.T, b *bench) {
	ages := map[blob.Name]time.Duration{}
	for _, age := range []time.Duration{0, day, 7*day - time.Hour, 8*day + time.Hour, 9 * day} {
		ages[b.put(t, []byte("old or not"), now.Add(-age))] = age
	}
	before := now.Add(-7 * day)
	swept, err := b.Sweep(t.Context(), before)
	if err != nil || swept.Files != 2 || swept.Bytes != 20 {
		t.Errorf("swept %+v, %v, want two files of ten bytes", swept, err)
	}
	for name, age := range ages {
		if age > 8*day {
			b.lacks(t, name)
		} else {
			b.wants(t, name, []byte("old or not"), now.Add(-age))
		}
	}
	if swept, err = b.Sweep(t.Context(), before); err != nil || swept.Files != 0 {
		t.Errorf("swept %+v, %v once more, want nothing", swept, err)
	}
	name := b.put(t, []byte("late"), now.Add(-9*day)) // where directories were removed
	b.wants(t, name, []byte("late"), now.Add(-9*day))
}
