package eventlog

import (
	"errors"
	"io/fs"

	"github.com/lni/vfs"

	"github.com/parley-im/parley/eventlog/disk"
)

// readSynced reads what was noted in dir of files that were synced; nothing where there is no note.
func readSynced(fsys vfs.FS, dir string) (disk.SyncedSet, error) {
	name := fsys.PathJoin(dir, disk.SyncedName)
	b, err := readFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return disk.SyncedSet{}, nil
	}
	if err != nil {
		return disk.SyncedSet{}, readAs(name, err)
	}
	set, err := disk.ParseSynced(b)
	if err != nil {
		return set, damagedFile(name, "%v", err)
	}
	return set, nil
}

// newSynced returns notes in dir that go on from set.
func newSynced(fsys vfs.FS, dir string, set disk.SyncedSet) *disk.Synced {
	name := fsys.PathJoin(dir, disk.SyncedName)
	return disk.NewSynced(func(text []byte) (disk.SyncedFile, error) {
		f, err := fsys.Create(name + ".tmp")
		if err != nil {
			return nil, err
		}
		if _, err = f.Write(text); err == nil {
			err = f.Sync() // NB: before the name is: a file without what it says would be a damaged one
		}
		if err == nil {
			err = fsys.Rename(name+".tmp", name)
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}, set)
}
