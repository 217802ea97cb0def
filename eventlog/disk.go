package eventlog

import (
	"time"

	"github.com/parley-im/parley/eventlog/disk"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Both are returned by value: they carry nothing of the call.
var (
	// errDiskLow is returned while the disk is nearly full.
	errDiskLow = im.E("eventlog", im.Overloaded, "the disk is nearly full")
	// errBroken is returned once an operation on the disk has failed.
	errBroken = im.E("eventlog", im.Unavailable, "the disk failed")
)

// useDisk looks at the disk, and puts it between the stores and their files. A log that is not begun yet does not begin
// on a disk that is nearly full.
func (l *Log) useDisk() error {
	o := disk.Options{
		Free:    func() (uint64, error) { return store.FreeSpace(l.dir.path) },
		MinFree: l.o.MinFreeDisk, OnBroken: l.o.OnDiskFailure, OnSync: l.o.Observe.Sync, Logger: l.o.Logger,
	}
	l.disk = disk.New(o)
	if l.disk.Low() && !l.dir.m.Ready {
		return refuse(im.Overloaded, "data directory %s has %d MiB free, %d MiB must be (--min-free-disk)",
			l.dir.path, l.disk.Free()>>20, l.o.MinFreeDisk>>20)
	}
	l.synced = newSynced(l.o.RaftFS, l.dir.raft(), l.wasSynced)
	l.o.RaftFS = raftFS{l.o.RaftFS, l.disk, l.synced}
	if l.o.OnDiskFailure != nil {
		l.o.StoreFS = store.OnDisk(l.o.StoreFS, l.disk)
	}
	return nil
}

// room refuses what grows while the disk is nearly full.
func (l *Log) room() error {
	if !l.disk.Low() {
		return nil
	}
	if f := l.o.Observe.DiskLow; f != nil {
		f()
	}
	return errDiskLow
}

// DiskStats are what is known of the disk of the data directory.
type DiskStats struct {
	// FreeBytes is what this process may still write, zero when that is not known; MinFreeBytes is what must be free for it
	// not to be Low: Options.MinFreeDisk, and a quarter more while it is.
	FreeBytes, MinFreeBytes uint64
	// Low says that appends are refused for want of room.
	Low bool
	// Stalled is for how long the oldest sync has been under way.
	Stalled time.Duration
}

// Disk returns what is known of the disk.
func (l *Log) Disk() DiskStats {
	return DiskStats{
		FreeBytes: l.disk.Free(), MinFreeBytes: l.disk.Wanted(), Low: l.disk.Low(), Stalled: l.disk.Stalled(),
	}
}
