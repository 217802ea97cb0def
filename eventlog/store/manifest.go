package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/eventlog/disk"
	"github.com/parley-im/parley/eventlog/walcheck"
)

// readSynced reads what was noted in dir of files that were synced; nothing where there is no note.
func readSynced(f FS, dir string) (disk.SyncedSet, error) {
	name := f.PathJoin(dir, disk.SyncedName)
	file, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return disk.SyncedSet{}, nil
	}
	if err != nil {
		return disk.SyncedSet{}, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(file, disk.SyncedSize+1))
	if err != nil {
		return disk.SyncedSet{}, err
	}
	set, err := disk.ParseSynced(b)
	if err != nil {
		return set, fmt.Errorf("%s is %w: %w", name, ErrDamaged, err)
	}
	return set, nil
}

// newSynced returns notes in dir that go on from set.
func newSynced(f FS, dir string, set disk.SyncedSet) *disk.Synced {
	name := f.PathJoin(dir, disk.SyncedName)
	return disk.NewSynced(func(text []byte) (disk.SyncedFile, error) {
		file, err := f.Create(name+".tmp", "")
		if err != nil {
			return nil, err
		}
		if _, err = file.Write(text); err == nil {
			err = file.Sync() // NB: before the name is: a file without what it says would be a damaged one
		}
		if err == nil {
			err = f.Rename(name+".tmp", name)
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return file, nil
	}, set)
}

// checkFiles refuses a store of which Pebble would not say what is damaged. There may be none yet.
func checkFiles(f FS, dir string, synced disk.SyncedSet) error {
	if err := checkManifest(f, dir, synced[disk.SyncedManifest]); err != nil {
		return err
	}
	return checkOptions(f, dir)
}

// checkManifest reads the manifest that Pebble will read, which takes a damaged byte for the end of it: tables that were
// flushed would be gone without a word. A manifest is synced before it is the one to be read, and before anything is written
// behind that; so one that is older than the newest is whole, and nothing valid is ever behind what is not.
func checkManifest(f FS, dir string, note disk.SyncedTo) error {
	there, err := pebble.Peek(dir, f)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !there.Exists {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the store %s is %w: %w", dir, ErrDamaged, err)
	}
	name := there.ManifestFilename
	number, found, err := readManifest(f, name)
	if err != nil {
		return fmt.Errorf("%s is %w: %w", name, ErrDamaged, err)
	}
	if number == note.Number && found.End < int64(note.Bytes) || number < note.Number && found.End < found.Size || found.Behind > 0 {
		return fmt.Errorf("%s is %w at byte %d", name, ErrDamaged, found.End)
	}
	return nil
}

func readManifest(f FS, name string) (number uint64, found walcheck.Found, err error) {
	if _, err := fmt.Sscanf(f.PathBase(name), "MANIFEST-%d", &number); err != nil {
		return 0, found, err
	}
	file, err := f.Open(name)
	if err != nil {
		return 0, found, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	found, err = walcheck.Read(file, 0, nil)
	return number, found, err
}

// checkOptions reads the newest of the files in which Pebble notes what it was opened with, whose name Pebble does not tell.
func checkOptions(f FS, dir string) error {
	names, err := f.List(dir)
	if err != nil {
		return nil //nolint:nilerr // there is nothing yet, or Pebble says so
	}
	newest, number := "", uint64(0)
	for _, name := range names {
		var n uint64
		if _, err := fmt.Sscanf(name, "OPTIONS-%d", &n); err == nil && n >= number {
			newest, number = f.PathJoin(dir, name), n
		}
	}
	if newest == "" {
		return nil
	}
	file, err := f.Open(newest)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(file)
	o := pebble.Options{Comparer: pebble.DefaultComparer, Merger: pebble.DefaultMerger}
	if err == nil {
		err = o.CheckCompatibility(dir, string(b))
	}
	if err != nil {
		what, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
		return fmt.Errorf("%s is %w: %s", newest, ErrDamaged, what)
	}
	return nil
}
