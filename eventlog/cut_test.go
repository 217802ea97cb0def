package eventlog_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
)

// A few long messages are enough for a cut, long before their number is; a shard without any is left alone. Checked by
// breaking it: without runCut there is never one.
func TestCut_RaftLogIsCutByItsBytes(t *testing.T) {
	o := eventlog.Options{Dir: t.TempDir(), Shards: 2, SnapshotBytes: 64 << 10}
	o.Hurry()
	l := open(t, o)
	defer closeLog(t, l)
	for seq := range uint64(4) {
		sayLong(t, l, seq, 20<<10)
	}
	awaitCut(t, o)
	if got := cuts(t, o, 3-ann.Shard(o.Shards)); len(got) > 0 {
		t.Errorf("a shard without commands was cut: %v", got)
	}
}

// Lives that are each too short for a cut do not make a log without end: what a start finds counts. Checked by breaking
// it: without found the last life cuts nothing.
func TestCut_CountsWhatAnEarlierLifeLeft(t *testing.T) {
	o := eventlog.Options{Dir: t.TempDir(), Shards: 2, SnapshotBytes: 1 << 20}
	o.Hurry()
	l := open(t, o)
	for seq := range uint64(8) {
		if got := say(t, l, ann, seq); got != im.Stored {
			t.Fatal(got)
		}
	}
	closeLog(t, l)
	if got := cuts(t, o, ann.Shard(o.Shards)); len(got) > 0 {
		t.Fatalf("cut too early for this test: %v", got)
	}
	l = open(t, o)
	defer closeLog(t, l)
	if got := say(t, l, ann, 8); got != im.Stored {
		t.Fatal(got)
	}
	awaitCut(t, o)
}

func sayLong(t *testing.T, l *eventlog.Log, seq uint64, length int) {
	t.Helper()
	c := make(chan im.Outcome, 1)
	err := l.Append(im.Append{
		Addr: ann, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: seq, Done: func(o im.Outcome) { c <- o },
		Entries: []im.Entry{{N: seq + 1, TS: im.At(time.Now()) + im.Millis(seq), Body: make([]byte, length)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-c; got != im.Stored {
		t.Fatal(got)
	}
}

// cuts are the directories that tell where the Raft log of a shard was cut.
func cuts(t *testing.T, o eventlog.Options, s im.ShardID) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(o.Dir, "raft/*/*/*", fmt.Sprintf("snapshot-%d-1", s+1), "snapshot-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// awaitCut waits until ann's shard was cut.
func awaitCut(t *testing.T, o eventlog.Options) {
	t.Helper()
	servertest.Eventually(t, "the Raft log is cut", func() bool { return len(cuts(t, o, ann.Shard(o.Shards))) > 0 })
}

// What a cut leaves behind is not kept for ever: the log that followers may need is bounded in bytes, however long the
// commands are, and the rest leaves the tables of the Raft log. Up to 80 MiB lie in its write-ahead logs besides.
//
// Checked by breaking it: with the thousands of commands that Raft keeps by itself, 48 MiB stay.
func TestCut_GivesTheSpaceBack(t *testing.T) {
	const said, most = 128 << 20, 24 << 20
	o := eventlog.Options{Dir: t.TempDir(), Shards: 1, SnapshotBytes: 4 << 20}
	o.Hurry()
	l := open(t, o)
	defer closeLog(t, l)
	for seq := range uint64(said >> 20) {
		sayLong(t, l, seq, 1<<20)
	}
	servertest.Eventually(t, "the Raft log has shrunk", func() bool { return tables(t, filepath.Join(o.Dir, "raft")) < most })
}

// tables is how many bytes the tables below dir hold. Those that go away meanwhile count for nothing.
func tables(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".sst" {
			return nil //nolint:nilerr // gone
		}
		if info, err := e.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
