package eventlog

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftpb"
	"github.com/lni/vfs"

	"github.com/parley-im/parley/eventlog/walcheck"
)

// What is known here of the files of Raft's log is so of those that its Pebble writes: the manifest names the tables that are there, with
// their lengths, and each of their bytes belongs to a block; the logs that are needed are read to their ends. With small blocks too, as
// if the tables were large: then the index is of two levels.
//
// Checked by breaking it: it fails when an edit's levels are taken for file numbers, and when one level of index is looked at.
func TestRaftFiles_AreWhatRaftsLogWrites(t *testing.T) {
	for _, block := range []uint64{config.GetSmallMemLogDBConfig().KVBlockSize, 1 << 10} {
		t.Run(fmt.Sprint(block), func(t *testing.T) { raftFilesAreWhatIsWritten(t, block) })
	}
}

func raftFilesAreWhatIsWritten(t *testing.T, block uint64) {
	t.Helper()
	dir := t.TempDir()
	factory := logDBFactory{}
	c := config.NodeHostConfig{Expert: config.ExpertConfig{FS: vfs.Default, LogDB: config.GetSmallMemLogDBConfig()}}
	c.Expert.LogDB.KVBlockSize = block
	c.Expert.LogDB.Shards, c.Expert.Engine = logDBShards, config.GetDefaultEngineConfig()
	for life := range uint64(2) {
		db, err := factory.Create(c, func(config.LogDBInfo) {}, []string{dir}, []string{dir})
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(400) {
			index := life*400 + i + 1
			u := raftpb.Update{ShardID: 1, ReplicaID: 1, State: raftpb.State{Term: 1, Commit: index}}
			u.EntriesToSave = []raftpb.Entry{{Index: index, Term: 1, Cmd: make([]byte, 6<<10)}}
			if err := db.SaveRaftState([]raftpb.Update{u}, 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f := &raftFiles{fs: vfs.Default, dir: filepath.Join(dir, "logdb-0")}
	if err := f.checkManifest(); err != nil {
		t.Fatal(err)
	}
	if damaged := slices.Concat(f.checkLogs(), f.checkTables(), []error{f.checkOptions()}); len(damaged) != 1 || damaged[0] != nil {
		t.Error(damaged)
	}
	var largest uint64
	there, err := filepath.Glob(filepath.Join(f.dir, "*.sst"))
	for number, size := range f.Size {
		largest = max(largest, size)
		if !slices.Contains(there, f.path(fmt.Sprintf("%06d.sst", number))) {
			t.Errorf("table %d is not there", number)
		}
	}
	if err != nil || len(there) != len(f.Size) || largest < 1<<20 {
		t.Errorf("%v, %v, the manifest says %v", there, err, f.Size)
	}
	f.everyByteCounts(t)
}

// everyByteCounts changes bytes of tables, here and there and all of the footer's that mean something.
func (f *raftFiles) everyByteCounts(t *testing.T) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(f.dir, "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, 17, len(b) / 2, len(b) - 60, len(b) - 53, len(b) - 1} {
			b[at] ^= 4
			if err := walcheck.ReadTable(strings.NewReader(string(b)), int64(len(b))); err == nil {
				t.Errorf("%s: byte %d counts for nothing", name, at)
			}
			b[at] ^= 4
		}
	}
}
