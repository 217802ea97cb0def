package server

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// An app's shortest window is the log's: what one takes the other does, too.
var _ = [1]struct{}{}[auth.MinRetention-eventlog.MinRetention]

// window is the window of an app, as the log asks for it: 0 = it has none of its own, or the apps are not known yet. Nobody reads
// before they are.
func (s *Server) window(app im.AppID) time.Duration {
	if !s.appsAreOpen.Load() {
		return 0
	}
	return s.apps.Window(app)
}

// retention says what this node keeps of the past.
func (s *Server) retention(context.Context) (admin.Retention, error) {
	if !s.logIsOpen.Load() {
		return admin.Retention{}, im.E("server.retention", im.Unavailable, s.doing.String())
	}
	got := retentionOf(s.journal.Retention(), s.memberNames())
	got.Cluster, got.Node = s.journal.Cluster(), s.opts.Node
	if s.appsAreOpen.Load() {
		for _, a := range s.apps.List() {
			if a.Retention > 0 {
				got.Apps = append(got.Apps, admin.AppRetention{App: string(a.ID), Retention: a.Retention.Milliseconds()})
			}
		}
	}
	return got, nil
}

// Retention says what the directory keeps of the past, as seen now. Apps with windows of their own are not looked for.
func (n *StoppedNode) Retention() (admin.Retention, error) {
	var usual Options
	usual.EnsureDefaults()
	r, err := n.dir.Retention(usual.Clock())
	if err != nil {
		return admin.Retention{}, err
	}
	got := retentionOf(r, nil)
	got.Cluster, got.Node, got.Stopped, got.Clock = n.dir.Cluster(), n.dir.Node(), true, nil
	return got, nil
}

// retentionOf is a report in the words of the API; names are those of the members, by their numbers.
func retentionOf(r eventlog.RetentionReport, names map[uint64]string) admin.Retention {
	got := admin.Retention{
		At: r.Now.Time(), Classes: []admin.RetentionClass{}, Shards: []admin.RetentionShard{}, Apps: []admin.AppRetention{},
		StoreBytes: r.Disk.Store, RaftBytes: r.Disk.Raft, Failed: r.Disk.Failed, Readers: r.Disk.Views,
		Clock: &admin.Clock{
			Wall: r.Clock.Wall.Time(), Believed: r.Clock.Believed, Members: r.Clock.Members, Heard: r.Clock.Heard,
			Offset: r.Clock.Offset.Milliseconds(), Apart: r.Clock.Apart,
		},
	}
	for i := range r.Classes {
		got.Classes = append(got.Classes, retentionClass(r.Now, &r.Classes[i]))
	}
	var oldest im.Millis
	for i := range r.Shards {
		shard := &r.Shards[i]
		got.Shards = append(got.Shards, retentionShard(shard, names))
		if shard.RaftOldest > 0 && (oldest == 0 || shard.RaftOldest < oldest) {
			oldest = shard.RaftOldest
		}
	}
	got.RaftSince = when(oldest)
	return got
}

func retentionClass(now im.Millis, c *eventlog.ClassRetention) admin.RetentionClass {
	window := im.Millis(c.Window.Milliseconds())
	return admin.RetentionClass{
		Class: c.Class.String(), Window: int64(window), Kept: c.Kept.Milliseconds(), Bucket: int64(c.Length),
		Horizon: horizon(now, c).Time(), Watermark: when(c.Watermark), Buckets: buckets(c.Buckets, c.Kept), IDs: buckets(c.IDs, c.Kept),
	}
}

// horizon is the oldest stamp that can be read of a class.
func horizon(now im.Millis, c *eventlog.ClassRetention) im.Millis {
	return max(0, now-im.Millis(c.Window.Milliseconds()), c.Watermark)
}

// buckets go when the last message in them is as old as messages are kept.
func buckets(list []store.Bucket, kept time.Duration) []admin.RetentionBucket {
	out := []admin.RetentionBucket{}
	for _, b := range list {
		out = append(out, admin.RetentionBucket{From: b.Start.Time(), To: b.End.Time(), Bytes: b.Bytes, Goes: b.End.Time().Add(kept)})
	}
	return out
}

func retentionShard(s *eventlog.ShardRetention, names map[uint64]string) admin.RetentionShard {
	got := admin.RetentionShard{
		Shard: uint32(s.Shard), Marks: []admin.RetentionMarks{}, Carried: s.Carried, Deleted: s.Graves, RaftSince: when(s.RaftOldest),
	}
	if s.Leader != 0 {
		got.Leader = cmp.Or(names[s.Leader], strconv.FormatUint(s.Leader, 10)) // the roster may be behind the groups
	}
	for i, m := range s.Marks {
		marks := admin.RetentionMarks{Sealed: when(m.Sealed), Watermark: when(m.Watermark)}
		if i < len(s.Waits) {
			marks.Waits = string(s.Waits[i])
		}
		got.Marks = append(got.Marks, marks)
	}
	return got
}

// when is a time, nil for the zero stamp, which stands for none.
func when(ts im.Millis) *time.Time {
	if ts == 0 {
		return nil
	}
	t := ts.Time()
	return &t
}
