//go:build unix

package eventlog

import (
	"io/fs"
	"path/filepath"
	"syscall"
)

// Usage returns what the files of the store and of Raft's log take on the disk, in bytes, as du counts them: what files that were
// made longer in advance have not used yet is left out where the file system does. It looks at each file; 0 after Close, and for
// file systems that are not the operating system's.
func (l *Log) Usage() (store, raft uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return 0, 0
	}
	return usage(l.dir.store()), usage(l.dir.raft())
}

// usage is what lies below a directory; files that go meanwhile do not count.
func usage(dir string) (bytes uint64) {
	filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error { //nolint:errcheck // what cannot be looked at counts for nothing
		if err != nil {
			return nil //nolint:nilerr // it has gone
		}
		info, err := e.Info()
		if err != nil {
			return nil //nolint:nilerr // it has gone
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			bytes += uint64(st.Blocks) * 512
		}
		return nil
	})
	return bytes
}
