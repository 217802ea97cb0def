package store

import (
	"errors"
	"os"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/eventlog/disk"
)

// FreeSpace returns how many bytes this process may still write to the disk that holds path.
func FreeSpace(path string) (uint64, error) {
	usage, err := vfs.Default.GetDiskUsage(path)
	return usage.AvailBytes, err
}

// OnDisk returns fs with whatever changes something going through d. A nil fs means the operating system's.
func OnDisk(fs FS, d *disk.Disk) FS {
	if fs == nil {
		fs = vfs.Default
	}
	return diskFS{FS: fs, disk: d}
}

type diskFS struct {
	vfs.FS
	disk   *disk.Disk
	synced *disk.Synced
}

// Unwrap implements vfs.FS.
func (f diskFS) Unwrap() vfs.FS { return f.FS }

// file runs an operation that opens a file for writing.
func (f diskFS) file(op, name string, open func() (vfs.File, error)) (vfs.File, error) {
	var inner vfs.File
	err := f.disk.Do(op, name, func() (err error) {
		inner, err = open()
		return err
	})
	if err != nil {
		return nil, err
	}
	return diskFile{File: inner, disk: f.disk, name: name, growing: f.synced.File(name)}, nil
}

// isMarker reports whether name is one of the files by whose names Pebble finds what is current, such as the manifest.
func (f diskFS) isMarker(name string) bool { return strings.HasPrefix(f.PathBase(name), "marker.") }

// settle has what happened in the directory of name outlast a power failure, before what happens next. A marker moves by a new one,
// the removal of the old one, and one Sync of the directory behind both: a file system that does not keep their order could be left
// with no marker, or with one of a manifest that is not there.
func (f diskFS) settle(name string) error {
	dir, err := f.OpenDir(f.PathDir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Create implements vfs.FS.
func (f diskFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.isMarker(name) {
		if err := f.settle(name); err != nil {
			return nil, err
		}
	}
	return f.file("create", name, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

// OpenReadWrite implements vfs.FS.
func (f diskFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return f.file("open", name, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, c, o...) })
}

// OpenDir implements vfs.FS.
func (f diskFS) OpenDir(name string) (vfs.File, error) {
	return f.file("open", name, func() (vfs.File, error) { return f.FS.OpenDir(name) })
}

// ReuseForWrite implements vfs.FS.
func (f diskFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file("rename", to, func() (vfs.File, error) { return f.FS.ReuseForWrite(from, to, c) })
}

// Link implements vfs.FS.
func (f diskFS) Link(from, to string) error {
	return f.disk.Do("link", to, func() error { return f.FS.Link(from, to) })
}

// Remove implements vfs.FS.
func (f diskFS) Remove(name string) error {
	if f.isMarker(name) {
		if err := f.settle(name); err != nil {
			return err
		}
	}
	return f.disk.Do("remove", name, func() error { return f.FS.Remove(name) })
}

// RemoveAll implements vfs.FS.
func (f diskFS) RemoveAll(name string) error {
	return f.disk.Do("remove", name, func() error { return f.FS.RemoveAll(name) })
}

// Rename implements vfs.FS.
func (f diskFS) Rename(from, to string) error {
	return f.disk.Do("rename", to, func() error { return f.FS.Rename(from, to) })
}

// MkdirAll implements vfs.FS.
func (f diskFS) MkdirAll(name string, perm os.FileMode) error {
	return f.disk.Do("mkdir", name, func() error { return f.FS.MkdirAll(name, perm) })
}

// diskFile is a file that is written to, or a directory that is synced. Preallocation may fail: it is a favor, and the
// write that follows says whether there is room.
type diskFile struct {
	vfs.File
	disk    *disk.Disk
	name    string
	growing *disk.Growing
}

// Write implements vfs.File.
func (f diskFile) Write(p []byte) (int, error) {
	n, err := f.disk.Write(f.name, p, f.File.Write)
	f.growing.Wrote(n)
	return n, err
}

// WriteAt implements vfs.File.
func (f diskFile) WriteAt(p []byte, at int64) (int, error) {
	return f.disk.Write(f.name, p, func(p []byte) (int, error) { return f.File.WriteAt(p, at) })
}

// Sync implements vfs.File.
func (f diskFile) Sync() error {
	return f.growing.Sync(func() error { return f.disk.Sync(f.name, f.File.Sync) })
}

// SyncData implements vfs.File.
func (f diskFile) SyncData() error {
	return f.growing.Sync(func() error { return f.disk.Sync(f.name, f.File.SyncData) })
}

// SyncTo implements vfs.File.
func (f diskFile) SyncTo(length int64) (full bool, err error) {
	err = f.disk.Sync(f.name, func() (err error) { // where it is no more than a hint, it takes no time; on most it is Fdatasync
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

// Close implements vfs.File: some file systems say only here that a write failed.
func (f diskFile) Close() error { return f.disk.Do("close", f.name, f.File.Close) }
