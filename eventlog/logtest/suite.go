package logtest

import (
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// Config is what the suite asks of a log that it opens.
type Config struct {
	// Now is the log's clock, Retention its window.
	Now       im.Millis
	Retention time.Duration
	// QueueBytes bounds a shard's queue.
	QueueBytes int
	// Shards is the number of actor shards.
	Shards uint32
}

// Subject is what the suite tests: a log that can also be opened again, and lose its snapshots.
type Subject interface {
	Log
	// Reopen closes the log and opens it again with what it has stored.
	Reopen(t *testing.T) Subject
	// DropSnapshots deletes all snapshots behind the log's back.
	DropSnapshots()
}

// now is the suite's present, and day a day, in ms.
const (
	now = im.Millis(1_700_000_000_000)
	day = im.Millis(24 * 60 * 60 * 1000)
)

// Run checks that the logs which open returns keep the promises of eventlog.Log. open must return an empty log that
// leads its shards; the suite closes it.
func Run(t *testing.T, open func(t *testing.T, c Config) Subject) {
	c := Config{Now: now, Retention: 168 * time.Hour, QueueBytes: 512 << 10, Shards: 3}
	shared := &bench{log: open(t, c), shards: c.Shards}
	t.Cleanup(func() { shared.close(t) })
	for _, tc := range []struct {
		claim string
		test  func(*testing.T, *bench)
	}{
		{"appends are numbered and read back", testAppendReadBack},
		{"appends of one address are answered in order", testDoneInOrder},
		{"an outdated epoch is refused", testEpochFences},
		{"an unexpected seq is refused", testExpectedSeq},
		{"n continues and ts grows or the append is refused", testNumbersAndStamps},
		{"a refused append does not touch its neighbours", testNeighbours},
		{"a lowered fence voids what is queued", testFence},
		{"what cannot be stored is an error", testInvalid},
		{"a full queue refuses and loses nothing", testOverload},
		{"load is the snapshot and the tail", testLoadSnapshot},
		{"a snapshot of an outdated epoch is refused", testSnapshotFenced},
		{"a large state travels in parts", testSnapshotParts},
		{"the newest snapshot counts", testSnapshotOrder},
		{"dropped snapshots hide nothing", testDroppedSnapshots},
		{"what is owed is kept until told", testOwed},
		{"untold entries before the tail are loaded", testUntold},
		{"confirm knows a writer that fell behind", testConfirm},
		{"ids are found until they are too old", testLookup},
		{"ids are found whatever the clock, as long as no entry is much younger", testLookupOfQuiet},
		{"history is newest first and hides the old", testHistory},
		{"history leaps over empty days", testSparseHistory},
		{"pages have each message once, whatever they are bounded by", testPages},
		{"the cluster's own records never age", testClusterKeeps},
		{"reopening changes nothing", testReopen},
		{"a floor hides the messages up to it", testFloor},
		{"a search sees every record appended before", testSearch},
		{"records are replaced, and go", testSearchReplaced},
		{"a refused append changes no record", testSearchRefused},
		{"changes of one record see each other", testSearchInOrder},
		{"numbers sort before strings, those before booleans, what is not there last", testSearchSorts},
		{"a page is cut out of what is found", testSearchPages},
		{"a filter is only a value", testSearchTexts},
		{"all conditions hold, however many", testSearchManyConditions},
		{"what is no record and no query is an error", testSearchInvalid},
		{"records outlive reopening", testSearchReopened},
	} {
		t.Run(tc.claim, func(t *testing.T) { tc.test(t, shared) })
	}
	t.Run("after close everything fails politely", func(t *testing.T) { testClosed(t, open(t, c)) })
}
