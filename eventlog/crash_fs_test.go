package eventlog_test

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	lnivfs "github.com/lni/vfs"

	"github.com/parley-im/parley/eventlog"
)

// machine is a computer whose power can be cut: Raft's log and the store are on file systems in memory that remember
// what was synced, and both freeze at one instant. The few files on the real disk (manifest, node table) are put back
// as they were then.
type machine struct {
	t     *testing.T
	dir   string
	raft  *lnivfs.MemFS
	store *vfs.MemFS
	// files holds the real files as of the crash.
	files map[string][]byte

	// gate is held for reading by every Sync and every acknowledgement, and for writing by the crash: so a Sync is
	// over before the crash or has not begun, and an acknowledgement counts or does not.
	gate struct {
		sync.RWMutex
		frozen bool
	}
	// lying makes every Sync do nothing and say that it did.
	lying bool
	// syncs counts down; at zero due is closed and the power fails, just before that Sync.
	count struct {
		sync.Mutex
		left int
		due  chan struct{}
	}
}

func newMachine(t *testing.T) *machine {
	return &machine{t: t, dir: t.TempDir(), raft: lnivfs.NewStrictMem(), store: vfs.NewCrashableMem()}
}

// failAt makes the power fail at the n-th Sync from now, and returns what is closed then.
func (m *machine) failAt(n int) <-chan struct{} {
	m.count.Lock()
	defer m.count.Unlock()
	m.count.left, m.count.due = n, make(chan struct{})
	return m.count.due
}

func (m *machine) sync(do func() error) error {
	m.count.Lock()
	m.count.left--
	now := m.count.left == 0
	if now {
		close(m.count.due)
	}
	m.count.Unlock()
	m.gate.RLock()
	defer m.gate.RUnlock()
	if m.lying {
		return nil
	}
	return do()
}

// witness runs f unless the power has failed: what f notes was true before.
func (m *machine) witness(f func()) {
	m.gate.RLock()
	defer m.gate.RUnlock()
	if !m.gate.frozen {
		f()
	}
}

// crash freezes what is durable. The log may go on for a while and sync no more.
func (m *machine) crash(rng *rand.Rand) (after func()) {
	m.gate.Lock()
	defer m.gate.Unlock()
	m.gate.frozen = true
	m.raft.SetIgnoreSyncs(true)
	var cfg vfs.CrashCloneCfg
	if !m.lying && rng.IntN(2) == 0 { // some of what was not synced may have reached the disk
		cfg = vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng}
	}
	store := m.store.CrashClone(cfg)
	m.files = realFiles(m.t, m.dir)
	return func() {
		m.raft.ResetToSyncedState()
		m.raft.SetIgnoreSyncs(false)
		m.store = store
		m.putBack()
		m.gate.frozen, m.lying = false, false
	}
}

// putBack makes the real files what they were at the crash.
func (m *machine) putBack() {
	for name := range realFiles(m.t, m.dir) {
		if err := os.Remove(name); err != nil {
			m.t.Error(err)
		}
	}
	for name, data := range m.files {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			m.t.Error(err)
		}
	}
}

func realFiles(t *testing.T, dir string) map[string][]byte {
	files := make(map[string][]byte)
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	for _, name := range names {
		if err == nil {
			files[name], err = os.ReadFile(name)
		}
	}
	if err != nil {
		t.Error(err)
	}
	return files
}

func (m *machine) options() eventlog.Options {
	// NB: dragonboat takes no file systems but lni's own, so ours is inside one that could inject errors and does not.
	raft := lnivfs.Wrap(raftFS{m.raft, m}, noErrors{})
	// Raft's log is cut every now and then, so that the power fails in cuts, too.
	o := eventlog.Options{Dir: m.dir, Shards: 2, SnapshotBytes: 16 << 10, RaftFS: raft, StoreFS: storeFS{m.store, m}}
	o.OnDiskFailure = func(err error) { m.t.Errorf("the disk failed: %v", err) }
	o.Hurry()
	return o
}

type noErrors struct{}

func (noErrors) MaybeError(lnivfs.Op) error { return nil }

// raftFS is dragonboat's file system behind the gate.
type raftFS struct {
	lnivfs.FS
	m *machine
}

type raftFile struct {
	lnivfs.File
	m *machine
}

func (f raftFile) Sync() error { return f.m.sync(f.File.Sync) }

func (fs raftFS) wrap(f lnivfs.File, err error) (lnivfs.File, error) {
	if err != nil {
		return nil, err
	}
	return raftFile{f, fs.m}, nil
}

// GetDiskUsage keeps Pebble from complaining that a file system in memory has none.
func (fs raftFS) GetDiskUsage(string) (lnivfs.DiskUsage, error) {
	return lnivfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 40}, nil
}

func (fs raftFS) Create(name string) (lnivfs.File, error)  { return fs.wrap(fs.FS.Create(name)) }
func (fs raftFS) OpenDir(name string) (lnivfs.File, error) { return fs.wrap(fs.FS.OpenDir(name)) }
func (fs raftFS) Open(name string, o ...lnivfs.OpenOption) (lnivfs.File, error) {
	return fs.wrap(fs.FS.Open(name, o...))
}

func (fs raftFS) OpenForAppend(name string) (lnivfs.File, error) {
	return fs.wrap(fs.FS.OpenForAppend(name))
}

func (fs raftFS) ReuseForWrite(from, to string) (lnivfs.File, error) {
	return fs.wrap(fs.FS.ReuseForWrite(from, to))
}

// storeFS is the store's file system behind the same gate.
type storeFS struct {
	vfs.FS
	m *machine
}

type storeFile struct {
	vfs.File
	m *machine
}

func (f storeFile) Sync() error     { return f.m.sync(f.File.Sync) }
func (f storeFile) SyncData() error { return f.m.sync(f.File.SyncData) }
func (f storeFile) SyncTo(n int64) (full bool, err error) {
	err = f.m.sync(func() error {
		full, err = f.File.SyncTo(n)
		return err
	})
	return full, err
}

func (fs storeFS) wrap(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return storeFile{f, fs.m}, nil
}

func (fs storeFS) Unwrap() vfs.FS { return fs.FS }

// Lock keeps the crash out: Pebble's MemFS takes its clone lock twice in Lock, for reading, and a CrashClone that waits
// for it in between would never come to an end.
func (fs storeFS) Lock(name string) (io.Closer, error) {
	fs.m.gate.RLock()
	defer fs.m.gate.RUnlock()
	return fs.FS.Lock(name)
}

func (fs storeFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.wrap(fs.FS.Create(name, c))
}

func (fs storeFS) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	return fs.wrap(fs.FS.Open(name, o...))
}
func (fs storeFS) OpenDir(name string) (vfs.File, error) { return fs.wrap(fs.FS.OpenDir(name)) }
func (fs storeFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return fs.wrap(fs.FS.OpenReadWrite(name, c, o...))
}

func (fs storeFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.wrap(fs.FS.ReuseForWrite(from, to, c))
}
