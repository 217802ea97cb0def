package server

import (
	"reflect"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/metrics"
)

// report is one in which everything is something else: a bucket that is due for 3 s, a clock that is 2 s ahead of what counts.
func report() eventlog.RetentionReport {
	return eventlog.RetentionReport{
		Now:   1_000_000,
		Clock: eventlog.ClockReport{Wall: 1_002_000, Members: 3, Heard: 2, Offset: -4 * time.Second, Apart: true, Alarms: 5},
		Classes: []eventlog.ClassRetention{
			{
				Class: store.ClassUsual, Window: 100 * time.Second, Kept: 200 * time.Second, Length: 10_000, Watermark: 790_000,
				Buckets: []store.Bucket{{Start: 787_000, End: 797_000, Bytes: 6}, {Start: 990_000, End: 1_000_000, Bytes: 7}},
				IDs:     []store.Bucket{{Start: 700_000, End: 770_000, Bytes: 8}},
			},
			{Class: store.ClassStrangers, Window: 100 * time.Second, Kept: 100 * time.Second, Length: 10_000, Watermark: 910_000},
		},
		Shards: []eventlog.ShardRetention{
			{
				Shard: 1, Leader: 2, Carried: 9, Graves: 10, RaftOldest: 980_000,
				Marks: []store.Marks{{Sealed: 800_000, Watermark: 790_000}, {}}, Waits: []eventlog.Holdup{eventlog.HoldupElsewhere, eventlog.HoldupNone},
			},
			{Shard: 2, Leading: true, Leader: 1, RaftOldest: 970_000, Marks: []store.Marks{{}, {}}, Waits: []eventlog.Holdup{eventlog.HoldupElsewhere, eventlog.HoldupClock}},
			{Shard: 3, Marks: []store.Marks{{}, {}}, Waits: []eventlog.Holdup{eventlog.HoldupNoLeader, eventlog.HoldupNoLeader}},
		},
		Disk:      eventlog.DiskReport{Store: 11, Raft: 12, Views: 1, Failed: "no"},
		Reclaimed: eventlog.ReclaimedReport{Buckets: 13, Bytes: 14, Carried: 15, Buried: 16},
	}
}

// The metrics of a report: how old what can be read is, which is less than the window where the watermark is later; for how long the
// oldest bucket should have been gone; and each shard that is held up counted once, those that others lead left out.
//
// Checked by breaking it: it fails when what others lead is counted, and when the first bucket is not the one that counts.
func TestRetentionFigures_AreThoseOfTheReport(t *testing.T) {
	t.Parallel()
	got := figuresOf(report())
	want := metrics.Retention{
		Classes:     map[string]metrics.RetentionClass{"messages": {Horizon: 100, Behind: 3}, "strangers": {Horizon: 90}},
		Held:        map[string]int{"no-leader": 1, "few-members": 0, "clock": 1, "refused": 0},
		RaftSeconds: 30, Buckets: 13, Bytes: 14, Carried: 15, Buried: 16,
		Clock: metrics.Clock{Offset: -4, Ahead: 2, Heard: 2, Alarms: 5},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if got := figuresOf(eventlog.RetentionReport{}); got.RaftSeconds >= 0 {
		t.Errorf("the age of a log of which nothing is known is %v", got.RaftSeconds)
	}
}

// What operators are told of a report: buckets go when their last message is as old as messages are kept anywhere, and what is not
// known is left out.
func TestRetention_IsTheReport(t *testing.T) {
	t.Parallel()
	got := retentionOf(report(), map[uint64]string{1: "node1"})
	at := func(ts im.Millis) time.Time { return ts.Time() }
	messages, shards := got.Classes[0], got.Shards
	switch {
	case messages.Class != "messages" || messages.Window != 100_000 || messages.Kept != 200_000 || messages.Bucket != 10_000:
		t.Errorf("class %+v", messages)
	case !messages.Horizon.Equal(at(900_000)) || !messages.Watermark.Equal(at(790_000)) || !got.Classes[1].Horizon.Equal(at(910_000)):
		t.Errorf("horizon %v, watermark %v, of strangers %v", messages.Horizon, messages.Watermark, got.Classes[1].Horizon)
	case len(messages.Buckets) != 2 || !messages.Buckets[0].Goes.Equal(at(997_000)) || messages.Buckets[0].Bytes != 6:
		t.Errorf("buckets %+v", messages.Buckets)
	case len(messages.IDs) != 1 || !messages.IDs[0].Goes.Equal(at(970_000)) || got.Classes[1].Buckets == nil || got.Classes[1].IDs == nil:
		t.Errorf("ids %+v; of strangers %+v", messages.IDs, got.Classes[1])
	case len(shards) != 3 || shards[0].Leader != "2" || shards[1].Leader != "node1" || shards[2].Leader != "":
		t.Errorf("shards %+v", shards)
	case shards[0].Carried != 9 || shards[0].Deleted != 10 || shards[0].Marks[0].Waits != "elsewhere" || shards[0].Marks[1].Sealed != nil:
		t.Errorf("shard %+v", shards[0])
	case !got.RaftSince.Equal(at(970_000)) || shards[2].RaftSince != nil || got.StoreBytes != 11 || got.RaftBytes != 12:
		t.Errorf("Raft's log since %v, %d bytes; store %d", got.RaftSince, got.RaftBytes, got.StoreBytes)
	case got.Readers != 1 || got.Failed != "no":
		t.Errorf("%d readers, failed %q", got.Readers, got.Failed)
	case got.Clock.Offset != -4000 || !got.Clock.Apart || got.Clock.Believed || got.Clock.Heard != 2 || !got.Clock.Wall.Equal(at(1_002_000)):
		t.Errorf("clock %+v", got.Clock)
	}
}
