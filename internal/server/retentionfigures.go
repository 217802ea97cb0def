package server

import (
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/metrics"
)

// retentionFigures are the metrics of what is old.
func (s *Server) retentionFigures() metrics.Retention { return figuresOf(s.journal.RetentionFigures()) }

// figuresOf are the metrics of a report.
func figuresOf(r eventlog.RetentionReport) metrics.Retention {
	got := metrics.Retention{
		Classes: map[string]metrics.RetentionClass{}, Held: map[string]int{}, RaftSeconds: -1,
		Buckets: r.Reclaimed.Buckets, Bytes: r.Reclaimed.Bytes, Carried: r.Reclaimed.Carried, Buried: r.Reclaimed.Buried,
		Clock: metrics.Clock{
			Offset: r.Clock.Offset.Seconds(), Ahead: seconds(max(0, r.Clock.Wall-r.Now)), Believed: r.Clock.Believed, Heard: r.Clock.Heard,
			Alarms: r.Clock.Alarms,
		},
	}
	for i := range r.Classes {
		c := &r.Classes[i]
		got.Classes[c.Class.String()] = metrics.RetentionClass{Horizon: seconds(r.Now - horizon(r.Now, c)), Behind: behind(r.Now, c)}
	}
	for _, why := range alarming {
		got.Held[string(why)] = 0
	}
	for i := range r.Shards {
		shard := &r.Shards[i]
		if why := heldBy(shard.Waits); why != eventlog.HoldupNone {
			got.Held[string(why)]++
		}
		if shard.RaftOldest > 0 {
			got.RaftSeconds = max(got.RaftSeconds, seconds(r.Now-shard.RaftOldest))
		}
	}
	return got
}

// alarming is what may hold up a shard that an operator must know of. Another node's shards are that node's to tell.
var alarming = []eventlog.Holdup{
	eventlog.HoldupNoLeader, eventlog.HoldupMembers, eventlog.HoldupClock, eventlog.HoldupRefused,
}

// heldBy is why a shard is held up, in one class or the other.
func heldBy(waits []eventlog.Holdup) eventlog.Holdup {
	for _, why := range waits {
		if why != eventlog.HoldupNone && why != eventlog.HoldupElsewhere {
			return why
		}
	}
	return eventlog.HoldupNone
}

// behind is for how many seconds the oldest bucket of a class has been older than messages are kept.
func behind(now im.Millis, c *eventlog.ClassRetention) float64 {
	if len(c.Buckets) == 0 {
		return 0
	}
	return seconds(max(0, now-im.Millis(c.Kept.Milliseconds())-c.Buckets[0].End))
}

func seconds(m im.Millis) float64 { return (time.Duration(m) * time.Millisecond).Seconds() }
