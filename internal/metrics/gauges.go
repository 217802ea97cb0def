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
	// LogBytes is the disk space of this node's log, in bytes, by part: store, raft.
	LogBytes func() map[string]int64
	// Retention is what there is of what is old.
	Retention func() Retention
	// DiskFreeBytes is what is free on the disk of the data directory, and DiskMinFreeBytes what must be so that nothing
	// is refused.
	DiskFreeBytes, DiskMinFreeBytes func() int64
	// DiskStalledSeconds is for how long the oldest sync of a file has been under way.
	DiskStalledSeconds func() float64
	// CertificateLeftSeconds is for how long the certificate that clients are shown is still valid.
	CertificateLeftSeconds func() float64
	// QueuedBytes is what waits to be written to the WebSockets of clients.
	QueuedBytes func() int64
	// Actors is the number of awake actors by kind (im.Kind.String).
	Actors func() map[string]int
}

// Watch registers gauges. It is called at most once per Node.
func (n *Node) Watch(g Gauges) {
	n.watch("parley_raft_shards", "Raft shards with a replica on this node.", number(g.Shards))
	n.watch("parley_raft_shards_led", "Raft shards that this node leads.", number(g.ShardsLed))
	n.watch("parley_raft_shards_without_leader", "Raft shards whose leader is not known here.", number(g.ShardsWithoutLeader))
	watchEach(n, "parley_log_bytes", "Disk space that the files of this node's log take, by part: store, raft.", "what", g.LogBytes)
	n.watch("parley_disk_free_bytes", "Free space on the disk of the data directory.", number(g.DiskFreeBytes))
	n.watch("parley_disk_min_free_bytes", "Free space below which what grows is refused; a quarter more while it is.", number(g.DiskMinFreeBytes))
	n.watch("parley_disk_stalled_seconds", "For how long the oldest sync of a file has been under way.", g.DiskStalledSeconds)
	n.watch("parley_tls_certificate_left_seconds",
		"For how long the certificate of the clients' listener is still valid, negative when it has expired. Alert below 1209600, 14 days.", g.CertificateLeftSeconds)
	n.watch("parley_connection_queued_bytes", "What waits to be written to the WebSockets of clients, all together.", number(g.QueuedBytes))
	watchEach(n, "parley_actors", "Awake actors, by kind.", "kind", g.Actors)
	if g.Retention != nil {
		n.registry.MustRegister(&retention{g.Retention})
	}
}

func (n *Node) watch(name, help string, read func() float64) {
	if read != nil {
		n.registry.MustRegister(prometheus.NewGaugeFunc(gauge(name, help), read))
	}
}

// watchEach registers a gauge for each value of a label.
func watchEach[N int | int64](n *Node, name, help, label string, read func() map[string]N) {
	if read != nil {
		n.registry.MustRegister(&each[N]{desc: desc(name, help, label), read: read})
	}
}

func number[N int | int64](read func() N) func() float64 {
	if read == nil {
		return nil
	}
	return func() float64 { return float64(read()) }
}

// each is a gauge whose values are read all at once.
type each[N int | int64] struct {
	desc *prometheus.Desc
	read func() map[string]N
}

// Describe implements prometheus.Collector.
func (e *each[N]) Describe(c chan<- *prometheus.Desc) { c <- e.desc }

// Collect implements prometheus.Collector.
func (e *each[N]) Collect(c chan<- prometheus.Metric) {
	for value, n := range e.read() {
		c <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, float64(n), value)
	}
}
