package eventlog_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
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
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); len(cuts(t, o, ann.Shard(o.Shards))) == 0; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the Raft log was not cut in time")
		}
	}
}
