package eventlog

import (
	"sync"
	"sync/atomic"
	_ "unsafe" // for go:linkname

	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftio"
	"github.com/lni/vfs"
)

// logDBFactory makes dragonboat's own LogDB on a file system of ours, and keeps it for what dragonboat has no call for.
//
// NB: NodeHostConfig.Expert.FS alone would not do. The default LogDB takes no file system but lni's own types, and of
// those a *vfs.ErrorFS, which could wrap ours, makes NewNodeHost believe that it is being tested: its workers then swallow
// every panic and are gone without a word. So the node host gets our file system, and the LogDB alone an ErrorFS around it.
type logDBFactory struct {
	// db is there once the node host is.
	db *raftLogDB
	// scrubbing says that files are not used again.
	scrubbing atomic.Bool
}

// Name implements config.LogDBFactory. It is that of dragonboat's default, and part of what a directory is pinned to.
func (*logDBFactory) Name() string { return "sharded-pebble" }

// Create implements config.LogDBFactory.
func (f *logDBFactory) Create(
	c config.NodeHostConfig, onInfo config.LogDBCallback, dirs, walDirs []string,
) (raftio.ILogDB, error) {
	c.Expert.FS = vfs.Wrap(scrubFS{c.Expert.FS, &f.scrubbing}, noErrors{})
	db, err := newDefaultLogDB(c, onInfo, dirs, walDirs)
	if err != nil {
		return nil, err
	}
	f.db = &raftLogDB{ILogDB: db, compacted: make(map[raftio.NodeInfo]uint64)}
	return f.db, nil
}

// raftLogDB is dragonboat's, which it does not export, with one trap less.
type raftLogDB struct {
	raftio.ILogDB

	mu sync.Mutex
	// compacted is up to where each replica's log was given back.
	compacted map[raftio.NodeInfo]uint64
}

// CompactEntriesTo implements raftio.ILogDB. NB: dragonboat's panics when less is to be given back than a moment ago, as when a cut by
// age follows one by bytes.
func (d *raftLogDB) CompactEntriesTo(shard, replica, index uint64) (<-chan struct{}, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	of := raftio.NodeInfo{ShardID: shard, ReplicaID: replica}
	d.compacted[of] = max(index, d.compacted[of])
	return d.ILogDB.CompactEntriesTo(shard, replica, d.compacted[of])
}

// noErrors is an injector that injects nothing.
type noErrors struct{}

// MaybeError implements vfs.Injector.
func (noErrors) MaybeError(vfs.Op) error { return nil }

// newDefaultLogDB is dragonboat's, which it does not export. go.mod pins its version, and TestRaftFS_CarriesTheWholeRaftLog
// notices when the log goes elsewhere.
//
//go:linkname newDefaultLogDB github.com/lni/dragonboat/v4/internal/logdb.NewDefaultLogDB
func newDefaultLogDB(
	c config.NodeHostConfig, onInfo config.LogDBCallback, dirs, walDirs []string,
) (raftio.ILogDB, error)

// isShrunkSnapshotFile is dragonboat's, which it does not export: whether a snapshot of an on-disk state machine, which
// another member sent, was applied and emptied.
//
//go:linkname isShrunkSnapshotFile github.com/lni/dragonboat/v4/internal/rsm.IsShrunkSnapshotFile
func isShrunkSnapshotFile(name string, fs vfs.FS) (bool, error)
