package blob_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/blobtest"
)

func TestDisk_IsAStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return openDisk(t, t.TempDir()) })
}

func openDisk(t *testing.T, dir string) *blob.Disk {
	t.Helper()
	d, err := blob.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What was put is found by who opens the directory anew, and what was on its way is swept then.
func TestDisk_OpensAgain(t *testing.T) {
	t.Parallel()
	root, spooled := t.TempDir(), t.TempDir()
	d := openDisk(t, root)
	spool, err := blob.OpenSpool(spooled)
	if err != nil {
		t.Fatal(err)
	}
	name, stored := blob.NewName("txt"), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, put := range []bool{true, false} {
		draft, err := spool.New()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := draft.Write([]byte("text")); err != nil {
			t.Fatal(err)
		}
		if !put {
			break // as by a crash
		}
		if err := d.Put(t.Context(), draft, name, stored); err != nil {
			t.Fatal(err)
		}
	}
	f, err := openDisk(t, root).Open(t.Context(), name)
	if err != nil || f.Info().Size != 4 || f.Close() != nil {
		t.Errorf("%+v, %v", f, err)
	}
	left := func() int {
		all, err := os.ReadDir(spooled)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if left() != 1 {
		t.Errorf("%d files in the spool, want the one that was on its way", left())
	}
	if _, err := blob.OpenSpool(spooled); err != nil || left() != 0 {
		t.Errorf("%d files in the spool, %v, want that it is swept", left(), err)
	}
}

// A draft that is discarded leaves nothing.
func TestDraft_Discard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spool, err := blob.OpenSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	draft, err := spool.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := draft.Discard(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// Who reads a file that is swept meanwhile reads it to its end.
func TestDisk_IsReadToTheEnd(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir())
	spool, err := blob.OpenSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	draft, err := spool.New()
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("abc"), 50_000)
	if _, err := draft.Write(content); err != nil {
		t.Fatal(err)
	}
	name, stored := blob.NewName("txt"), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	if err := d.Put(t.Context(), draft, name, stored); err != nil {
		t.Fatal(err)
	}
	f, err := d.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	head := make([]byte, 10)
	if _, err := io.ReadFull(f, head); err != nil {
		t.Fatal(err)
	}
	if swept, err := d.Sweep(t.Context(), stored.AddDate(0, 0, 2)); err != nil || swept.Files != 1 {
		t.Fatalf("swept %+v, %v", swept, err)
	}
	if rest, err := io.ReadAll(f); err != nil || !bytes.Equal(append(head, rest...), content) {
		t.Errorf("%d bytes, %v, want %d", len(rest)+len(head), err, len(content))
	}
}
