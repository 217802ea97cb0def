package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// fillDisk makes a store in a directory, with some tables in it, and returns the digest of shard 1.
func fillDisk(t *testing.T, dir string) Digest {
	t.Helper()
	s, err := Open(dir, diskOptions())
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s.Shard(1), script(1, 200))
	d := digestNow(t, s, 1)
	closeStore(t, s)
	return d
}

func diskOptions() Options { return Options{Shards: testShards, Bucket: testBucket} }

// listing describes all files below dir: names, modes, times, contents.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(&out, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		if e.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&out, "%x\n", text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What is read has the digest that it had when it was written, and no file is another afterwards, nor younger.
//
// Checked by breaking it: without readFS, Pebble makes the file LOCK younger.
func TestReadOnly_ReadsAndChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := fillDisk(t, dir)
	before := listing(t, dir)
	for range 2 {
		r, err := OpenReadOnly(dir, diskOptions())
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Digest(1, forEver)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := listing(t, dir); after != before {
		t.Errorf("before\n%.2000s\nafter\n%.2000s", before, after)
	}
}

// A store whose power failed is read as of what was synced, which is all that there is.
func TestReadOnly_ShowsWhatWasSynced(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := openMem(t, fs)
	sh, cmds := s.Shard(1), script(2, 50)
	apply(t, sh, cmds[:30])
	want := digestNow(t, s, 1)
	if err := sh.Sync(); err != nil {
		t.Fatal(err)
	}
	apply(t, sh, cmds[30:])
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	r, err := OpenReadOnly("store", Options{Shards: testShards, Bucket: testBucket, FS: crashed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it reads memory
	if got, err := r.Digest(1, forEver); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

// A byte of a table that is not what was written is noticed, wherever it is, and the file is named; so is one that is cut.
//
// Checked by breaking it: it fails when damaged does not ask Pebble for the file.
func TestReadOnly_NamesTheFileThatIsDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := fillDisk(t, dir)
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	for _, table := range tables {
		good, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name string
			bad  []byte
		}{
			{"first block", flipped(good, 20)},
			{"footer", flipped(good, len(good)-20)},
			{"cut", good[:len(good)/2]},
			{"empty", nil},
		} {
			if err := os.WriteFile(table, tt.bad, 0o600); err != nil {
				t.Fatal(err)
			}
			err := readAll(dir)
			base := strings.TrimSuffix(filepath.Base(table), ".sst")
			if !errors.Is(err, ErrDamaged) || !strings.Contains(fmt.Sprint(err), base) || strings.Contains(fmt.Sprint(err), "\n") {
				t.Errorf("%s of %s: %v", tt.name, table, err)
			}
		}
		if err := os.WriteFile(table, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := OpenReadOnly(dir, diskOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it was read only
	if got, err := r.Digest(1, forEver); err != nil || got.Sum != want.Sum {
		t.Errorf("put back: %+v, %v", got, err)
	}
}

// A digest of a store that is in use finds what is damaged, and does not end the process by it, as another reader would.
//
// Checked by breaking it: without onDamage, Pebble's listener panics.
func TestDigest_FindsDamageAndGoesOn(t *testing.T) {
	t.Parallel()
	dir, o := t.TempDir(), diskOptions()
	o.Logger = slog.New(slog.DiscardHandler)
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 100) // nothing is deleted, so that no compaction reads it before
	closeStore(t, s)
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	good, err := os.ReadFile(tables[0]) // entries are in files of their own
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tables[0], flipped(good, 20), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, o); err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	v := s.View(1)
	d, err := v.Digest(forEver)
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), tables[0]) {
		t.Errorf("%+v, %v, want %s named", d, err, tables[0])
	}
}

func flipped(b []byte, at int) []byte {
	bad := bytes.Clone(b)
	bad[at] ^= 1
	return bad
}

func readAll(dir string) error {
	r, err := OpenReadOnly(dir, diskOptions())
	if err != nil {
		return err
	}
	for id := im.ShardID(0); id <= testShards && err == nil; id++ {
		_, err = r.Digest(id, forEver)
	}
	if closeErr := r.Close(); closeErr != nil {
		return closeErr
	}
	return err
}

// Nothing can be changed through readFS, and a directory without a store is not made one.
func TestReadOnly_MakesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if r, err := OpenReadOnly(filepath.Join(dir, "none"), diskOptions()); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v, %v", r, err)
	}
	if r, err := OpenReadOnly(dir, diskOptions()); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v, %v", r, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	f := readFS{vfs.Default}
	name := filepath.Join(dir, "x")
	_, created := f.Create(name, vfs.WriteCategoryUnspecified)
	_, opened := f.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	_, reused := f.ReuseForWrite(name, name, vfs.WriteCategoryUnspecified)
	for i, err := range []error{
		created, opened, reused, f.Link(name, name), f.Remove(name), f.RemoveAll(name), f.Rename(name, name), f.MkdirAll(name, 0o700),
	} {
		if !errors.Is(err, errReadOnly) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
