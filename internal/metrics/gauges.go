package metrics

import "github.com/prometheus/client_golang/prometheus"

// Gauges are read whenever somebody asks for the metrics. They must not block; a nil one is left out.
type Gauges struct {
	// Shards is the number of Raft shards with a replica on this node.
	Shards func() int
	// ShardsLed is the number of those that this node leads.
	ShardsLed func() int
	// ShardsWithoutLeader is the number of shards, with a replica here or not, whose leader is not known.
	ShardsWithoutLeader func() int
	// LogBytes is the disk space of this node's log, in bytes.
	LogBytes func() int64
	// DiskFreeBytes is what is free on the disk of the data directory, and DiskMinFreeBytes what must be so that nothing
	// is refused.
	DiskFreeBytes, DiskMinFreeBytes func() int64
	// DiskStalledSeconds is for how long the oldest sync of a file has been under way.
	DiskStalledSeconds func() float64
	// Actors is the number of awake actors by kind (im.Kind.String).
	Actors func() map[string]int
}

// Watch registers gauges. It is called at most once per Node.
func (n *Node) Watch(g Gauges) {
	n.watch("parley_raft_shards", "Raft shards with a replica on this node.", number(g.Shards))
	n.watch("parley_raft_shards_led", "Raft shards that this node leads.", number(g.ShardsLed))
	n.watch("parley_raft_shards_without_leader", "Raft shards whose leader is not known here.", number(g.ShardsWithoutLeader))
	n.watch("parley_log_bytes", "Disk space of this node's log.", number(g.LogBytes))
	n.watch("parley_disk_free_bytes", "Free space on the disk of the data directory.", number(g.DiskFreeBytes))
	n.watch("parley_disk_min_free_bytes", "Free space below which what grows is refused; a quarter more while it is.", number(g.DiskMinFreeBytes))
	n.watch("parley_disk_stalled_seconds", "For how long the oldest sync of a file has been under way.", g.DiskStalledSeconds)
	if g.Actors != nil {
		n.registry.MustRegister(&byKind{desc: prometheus.NewDesc("parley_actors", "Awake actors, by kind.", []string{"kind"}, nil), read: g.Actors})
	}
}

func (n *Node) watch(name, help string, read func() float64) {
	if read != nil {
		n.registry.MustRegister(prometheus.NewGaugeFunc(gauge(name, help), read))
	}
}

func number[N int | int64](read func() N) func() float64 {
	if read == nil {
		return nil
	}
	return func() float64 { return float64(read()) }
}

// byKind is a gauge whose values are read all at once.
type byKind struct {
	desc *prometheus.Desc
	read func() map[string]int
}

// Describe implements prometheus.Collector.
func (b *byKind) Describe(c chan<- *prometheus.Desc) { c <- b.desc }

// Collect implements prometheus.Collector.
func (b *byKind) Collect(c chan<- prometheus.Metric) {
	for kind, n := range b.read() {
		c <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, float64(n), kind)
	}
}
