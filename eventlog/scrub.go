package eventlog

import (
	"context"
	"math"
	"sync/atomic"

	"github.com/lni/vfs"
)

// Raft's log lies in a Pebble of its own. What was cut off leaves its tables at once, but not its write-ahead logs: that Pebble writes
// them again from the front, up to recycledLogs of them, and behind the new bytes the old ones stay for as long as nobody comes that far.

// recycledLogs is how many write-ahead logs wait to be used again at most: dragonboat's KVMaxWriteBufferNumber, and one.
const recycledLogs = 5

// scrubFS is a file system that gives a new file instead of one to be used again, while it is told to.
type scrubFS struct {
	vfs.FS
	scrubbing *atomic.Bool
}

// ReuseForWrite implements vfs.FS.
func (f scrubFS) ReuseForWrite(from, to string) (vfs.File, error) {
	if !f.scrubbing.Load() {
		return f.FS.ReuseForWrite(from, to)
	}
	if err := f.FS.Remove(from); err != nil {
		return nil, err
	}
	return f.FS.Create(to)
}

// nobody is the id of a shard and of a replica that there never is.
const nobody = math.MaxUint64

// scrub has every write-ahead log of Raft's that there is replaced by a new file: as many times as one of them may wait, and once for
// the one in use, and once more since one may come back late. Each time something that nobody has is deleted, which goes into the memtable, and given back, for which that is flushed.
func (f *logDBFactory) scrub(ctx context.Context) error {
	f.scrubbing.Store(true)
	defer f.scrubbing.Store(false)
	for range recycledLogs + 2 {
		if err := f.db.RemoveEntriesTo(nobody, nobody, 1); err != nil {
			return err
		}
		done, err := f.db.CompactEntriesTo(nobody, nobody, 1)
		if err != nil {
			return err
		}
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
