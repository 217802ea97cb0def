package eventlog

import (
	"os"

	"github.com/lni/vfs"

	"github.com/parley-im/parley/eventlog/disk"
)

// raftFS is the file system of Raft's log: whatever changes something goes through the disk.
type raftFS struct {
	vfs.FS
	disk   *disk.Disk
	synced *disk.Synced
}

// file runs an operation that opens a file for writing.
func (f raftFS) file(op, name string, open func() (vfs.File, error)) (vfs.File, error) {
	var inner vfs.File
	err := f.disk.Do(op, name, func() (err error) {
		inner, err = open()
		return err
	})
	if err != nil {
		return nil, err
	}
	return raftFile{File: inner, disk: f.disk, name: name, growing: new(disk.Growing)}, nil
}

// begun is file for one that is written from its beginning.
func (f raftFS) begun(op, name string, open func() (vfs.File, error)) (vfs.File, error) {
	file, err := f.file(op, name, open)
	if err != nil {
		return nil, err
	}
	rf := file.(raftFile)
	rf.growing = f.synced.File(name)
	return rf, nil
}

// Create implements vfs.FS.
func (f raftFS) Create(name string) (vfs.File, error) {
	return f.begun("create", name, func() (vfs.File, error) { return f.FS.Create(name) })
}

// OpenForAppend implements vfs.FS.
func (f raftFS) OpenForAppend(name string) (vfs.File, error) {
	return f.file("open", name, func() (vfs.File, error) { return f.FS.OpenForAppend(name) })
}

// OpenDir implements vfs.FS.
func (f raftFS) OpenDir(name string) (vfs.File, error) {
	return f.file("open", name, func() (vfs.File, error) { return f.FS.OpenDir(name) })
}

// ReuseForWrite implements vfs.FS.
func (f raftFS) ReuseForWrite(from, to string) (vfs.File, error) {
	return f.begun("rename", to, func() (vfs.File, error) { return f.FS.ReuseForWrite(from, to) })
}

// Link implements vfs.FS.
func (f raftFS) Link(from, to string) error {
	return f.disk.Do("link", to, func() error { return f.FS.Link(from, to) })
}

// Remove implements vfs.FS.
func (f raftFS) Remove(name string) error {
	return f.disk.Do("remove", name, func() error { return f.FS.Remove(name) })
}

// RemoveAll implements vfs.FS.
func (f raftFS) RemoveAll(name string) error {
	return f.disk.Do("remove", name, func() error { return f.FS.RemoveAll(name) })
}

// Rename implements vfs.FS.
func (f raftFS) Rename(from, to string) error {
	err := f.disk.Do("rename", to, func() error { return f.FS.Rename(from, to) })
	if err == nil && f.synced != nil && f.PathBase(to) == currentName {
		f.synced.Current()
	}
	return err
}

// MkdirAll implements vfs.FS.
func (f raftFS) MkdirAll(name string, perm os.FileMode) error {
	return f.disk.Do("mkdir", name, func() error { return f.FS.MkdirAll(name, perm) })
}

// raftFile is a file that is written to, or a directory that is synced. NB: it hides the descriptor, by which Pebble would
// sync it past the disk.
type raftFile struct {
	vfs.File
	disk    *disk.Disk
	name    string
	growing *disk.Growing
}

// Write implements vfs.File.
func (f raftFile) Write(p []byte) (int, error) {
	n, err := f.disk.Write(f.name, p, f.File.Write)
	f.growing.Wrote(n)
	return n, err
}

// WriteAt implements vfs.File.
func (f raftFile) WriteAt(p []byte, at int64) (int, error) {
	return f.disk.Write(f.name, p, func(p []byte) (int, error) { return f.File.WriteAt(p, at) })
}

// Sync implements vfs.File.
func (f raftFile) Sync() error {
	return f.growing.Sync(func() error {
		return f.disk.Sync(f.name, func() error { return syncData(f.File) })
	})
}

// Close implements vfs.File: some file systems say only here that a write failed.
func (f raftFile) Close() error { return f.disk.Do("close", f.name, f.File.Close) }
