package metrics

import "github.com/prometheus/client_golang/prometheus"

// Retention is what metrics say of one moment about what is old, and about clocks.
type Retention struct {
	// Classes are by name: messages, strangers.
	Classes map[string]RetentionClass
	// Held counts the shards that are held up, by why.
	Held map[string]int
	// RaftSeconds is the age of the oldest command in Raft's log; negative = it is not known.
	RaftSeconds float64
	// Buckets, Bytes, Carried and Buried count since the start what was deleted, kept beyond its bucket, and forgotten.
	Buckets, Bytes, Carried, Buried uint64
	Clock                           Clock
}

// RetentionClass is what there is of one class, in seconds.
type RetentionClass struct {
	// Horizon is the age of the oldest message that can be read, Behind for how long the oldest bucket should have been gone.
	Horizon, Behind float64
}

// Clock is what is known of the clocks of the cluster.
type Clock struct {
	// Offset is by how many seconds this node's clock is ahead of the others', Ahead by how many it is ahead of the time that counts here.
	Offset, Ahead float64
	// Believed says that it is followed, Heard of how many members the clocks are known, this one included.
	Believed bool
	Heard    int
	// Alarms counts since the start how often it ceased to be believed, or was found apart from the others.
	Alarms uint64
}

// retention is a collector: one look at the log fills all of its metrics.
type retention struct{ read func() Retention }

var (
	horizonSeconds = desc("parley_retention_horizon_seconds",
		"Age of the oldest message that can be read here: the window, as it is enforced. More than --retention: this node hides less than it should. Much less: its clock has gone back, or another node's window is shorter.", "class")
	behindSeconds = desc("parley_retention_behind_seconds",
		"For how long the oldest bucket on this node's disk should have been deleted; 0 = nothing is due. Some seconds are normal. Alert above a quarter of an hour, or half a window of less: then run parley doctor retention, which says why.", "class")
	heldShards = desc("parley_retention_held_shards",
		"Shards of which nothing is deleted although it is due, by why: no-leader, few-members (too few nodes are heard of to know the time), clock (this node's is wrong), refused (no majority). Alert when it stays above 0.", "why")
	raftSeconds = desc("parley_retention_raft_seconds",
		"Age of the oldest command in Raft's log. Alert above the window: messages that nobody can read are still on the disk.")
	bucketsDropped = desc("parley_retention_buckets_dropped_total", "Buckets that were deleted from this node's disk.")
	bytesDropped   = desc("parley_retention_dropped_bytes_total", "What the buckets that were deleted had taken on this node's disk.")
	entriesCarried = desc("parley_retention_carried_total", "Entries that were kept, without what was said, when their bucket went, by shards that this node led.")
	objectsBuried  = desc("parley_retention_buried_total", "Deleted objects that were forgotten, by shards that this node led.")
	clockOffset    = desc("parley_clock_offset_seconds",
		"How far the clock of this node is ahead of the median of those heard of, negative when behind; of a node alone, ahead of what it said before and the time that has passed while it ran. Alert beyond 60 in a cluster: beyond 300 this node lets nothing expire.")
	clockAhead = desc("parley_clock_ahead_seconds",
		"How far the wall clock is ahead of the time by which messages are hidden and stamped; above 0 for long: it has jumped, and is not believed.")
	clockBelieved = desc("parley_clock_believed", "1 when the wall clock is followed, 0 when it has jumped ahead and is not. Alert at 0.")
	clockHeard    = desc("parley_clock_members_heard", "Members of whose clocks this node has heard in the last seconds, itself included. Not more than half of all: nothing expires in shards that it leads.")
	clockAlarms   = desc("parley_clock_alarms_total", "How often the clock of this node ceased to be believed, or was found too far from the others.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (r *retention) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		horizonSeconds, behindSeconds, heldShards, raftSeconds, bucketsDropped, bytesDropped, entriesCarried, objectsBuried,
		clockOffset, clockAhead, clockBelieved, clockHeard, clockAlarms,
	} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (r *retention) Collect(c chan<- prometheus.Metric) {
	now := r.read()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	for name, class := range now.Classes {
		send(horizonSeconds, prometheus.GaugeValue, class.Horizon, name)
		send(behindSeconds, prometheus.GaugeValue, class.Behind, name)
	}
	for why, shards := range now.Held {
		send(heldShards, prometheus.GaugeValue, float64(shards), why)
	}
	if now.RaftSeconds >= 0 {
		send(raftSeconds, prometheus.GaugeValue, now.RaftSeconds)
	}
	send(bucketsDropped, prometheus.CounterValue, float64(now.Buckets))
	send(bytesDropped, prometheus.CounterValue, float64(now.Bytes))
	send(entriesCarried, prometheus.CounterValue, float64(now.Carried))
	send(objectsBuried, prometheus.CounterValue, float64(now.Buried))
	send(clockOffset, prometheus.GaugeValue, now.Clock.Offset)
	send(clockAhead, prometheus.GaugeValue, now.Clock.Ahead)
	send(clockBelieved, prometheus.GaugeValue, oneIf(now.Clock.Believed))
	send(clockHeard, prometheus.GaugeValue, float64(now.Clock.Heard))
	send(clockAlarms, prometheus.CounterValue, float64(now.Clock.Alarms))
}

func oneIf(so bool) float64 {
	if so {
		return 1
	}
	return 0
}
