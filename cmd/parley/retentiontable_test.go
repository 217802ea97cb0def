package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

// noon is when the nodes of these tests are asked.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.Local)

func bucket(from, to, goes time.Duration, bytes uint64) admin.RetentionBucket {
	return admin.RetentionBucket{From: noon.Add(from), To: noon.Add(to), Goes: noon.Add(goes), Bytes: bytes}
}

// badDay is a node whose clock is wrong, in a cluster where everything else is, too.
func badDay() admin.Retention {
	const hour = int64(60 * 60 * 1000)
	ago := func(d time.Duration) *time.Time { t := noon.Add(-d); return &t }
	return admin.Retention{
		Cluster: "5e1f", Node: "node1", At: noon,
		Clock: &admin.Clock{Wall: noon, Believed: true, Members: 3, Heard: 2, Offset: 400_000, Apart: true},
		Classes: []admin.RetentionClass{
			{
				Class: "messages", Window: 168 * hour, Kept: 200 * hour, Bucket: 24 * hour, Horizon: noon.Add(-168 * time.Hour),
				Buckets: []admin.RetentionBucket{bucket(-230*time.Hour, -206*time.Hour, -6*time.Hour, 3<<30), bucket(-12*time.Hour, 12*time.Hour, 212*time.Hour+90*time.Second, 0)},
				IDs:     []admin.RetentionBucket{bucket(-200*time.Hour, -32*time.Hour, 168*time.Hour, 5<<20)},
			},
			{Class: "strangers", Window: 70_000, Kept: 70_000, Bucket: 10_000, Horizon: noon.Add(-70 * time.Second)},
		},
		Shards: []admin.RetentionShard{
			{Shard: 1, Leader: "node1", Marks: []admin.RetentionMarks{{Waits: "clock"}, {Waits: "clock"}}, Carried: 1},
			{Shard: 2, Marks: []admin.RetentionMarks{{Waits: "no-leader"}, {}}, Deleted: 3},
			{Shard: 3, Leader: "node2", Marks: []admin.RetentionMarks{{}, {Waits: "elsewhere"}}},
			{Shard: 4, Leader: "node1", Marks: []admin.RetentionMarks{{Waits: "clock"}, {}}, Carried: 1999},
			{Shard: 5, Leader: "node2", Marks: []admin.RetentionMarks{{}, {}}},
		},
		StoreBytes: 4 << 30, RaftBytes: 31 << 20, RaftSince: ago(15 * time.Second), Readers: 1,
		Failed: "a disk that breaks",
		Apps:   []admin.AppRetention{{App: "demo", Retention: 24 * hour}, {App: "old", Retention: 1000 * hour}},
	}
}

// What people read of a node: what is kept for how long, how much it weighs and when it goes; and whatever holds it up, in words.
func TestWriteRetention(t *testing.T) {
	t.Parallel()
	const want = `cluster 5e1f, what node1 keeps at 2026-01-02 12:00:00

CLASS       WINDOW   READABLE SINCE        BUCKETS OF   GONE AFTER
messages    168h     2025-12-26 12:00:00   24h          224h
strangers   1m10s    2026-01-02 11:58:50   10s          1m20s

KEPT              FROM                  TO                    SIZE        GOES
messages          2025-12-23 22:00:00   2025-12-24 22:00:00   3 GiB       is due
messages          2026-01-02 00:00:00   2026-01-03 00:00:00   in memory   2026-01-11 08:01:30, in 8 days
ids of messages   2025-12-25 04:00:00   2026-01-01 04:00:00   5 MiB       2026-01-09 12:00:00, in 7 days
Raft's log        2026-01-02 11:59:45   2026-01-02 12:00:00   31 MiB      when it is 30s old, or sooner
all else          -                     -                     1019 MiB    with what it is about

messages are kept for longer than they can be read here: another node has a window of 200h
apps that hide sooner: demo after 24h; their space comes back with the buckets
apps that ask for more than this node keeps, in vain: old (1000h)
entries that stay longer than their bucket, without what was said, until there is a snapshot: 2,000
groups, rooms and others that are deleted, and forgotten once the window has passed: 3
clock: 2 of 3 members are heard, this one is 6m40s ahead of their median: too far, so nothing goes in shards that this node leads
5 shards, of which some should have let go, and have not
  shard 2: without a leader
  shards 1, 4: this node's clock is not believed
  shard 3: another node leads, and knows why: ask node2
what 1 reader may need stays, such as who copies a shard, until that is done
what may go could not be deleted, and is tried again: a disk that breaks
`
	var got bytes.Buffer
	if err := writeRetention(&got, badDay()); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

// A good day is short; of a stopped node nothing is promised before it starts.
func TestWriteRetention_SaysLittleWhenAllIsWell(t *testing.T) {
	t.Parallel()
	r := badDay()
	r.Apps, r.Failed, r.Readers, r.Classes = nil, "", 0, r.Classes[1:]
	r.Shards, r.Clock = r.Shards[4:], &admin.Clock{Wall: noon, Believed: true, Members: 1, Heard: 1}
	for want, change := range map[string]func(){
		"\nclock: this node is alone, and goes by its own\n1 shard, none of them held up\n": func() {},
		"1 shard, of which some should have let go, and have not\n  all shards: without a leader\n": func() {
			r.Shards = []admin.RetentionShard{{Shard: 1, Marks: []admin.RetentionMarks{{Waits: "no-leader"}}}}
		},
		"\nclock: 3 of 3 members are heard, this one is at their median\n1 shard, none of":                                               func() { r.Clock.Members, r.Clock.Heard = 3, 3 },
		"\nclock: this node is alone, and goes by its own, of which it does not believe the last 2h: things go that much later\n1 shard": func() { r.Clock.Offset = 2 * 3_600_000 },
		"goes by its own; it has jumped to 2026-01-02 14:00:00, which is not believed\n1 shard":                                          func() { r.Clock.Believed, r.Clock.Wall = false, noon.Add(2*time.Hour) },
		"\nwindows are those of the first start, unless the next one names others\n1 shard; nothing goes while the node does not run\n": func() {
			r.Stopped, r.Clock = true, nil
		},
	} {
		was, clock := r, *r.Clock
		change()
		var got bytes.Buffer
		if err := writeRetention(&got, r); err != nil || !strings.Contains(got.String(), want) {
			t.Errorf("%v, got\n%s\nwant %q", err, got.String(), want)
		}
		r = was
		r.Clock = &clock
	}
}

// Durations are written in the units that they are thought of.
func TestRough(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"1m10s": 70 * time.Second, "168h": 168 * time.Hour, "8760h": 8760 * time.Hour, "2h5m": 2*time.Hour + 5*time.Minute + 7*time.Second,
		"10s": 10 * time.Second, "12ms": 12*time.Millisecond + 3*time.Microsecond, "0s": 0, "1m": time.Minute,
	} {
		if got := rough(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}
