package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Node holds the metrics of one node.
type Node struct {
	registry *prometheus.Registry

	connections     prometheus.Gauge
	deliveries      *prometheus.CounterVec
	sendAck         prometheus.Histogram
	fanout          prometheus.Histogram
	slowDisconnects prometheus.Counter
	leaderChanges   prometheus.Counter
	appendSeconds   prometheus.Histogram
	appendItems     prometheus.Counter
	outcomes        *prometheus.CounterVec
	overloads       prometheus.Counter
	refusals        *prometheus.CounterVec
	diskRefusals    prometheus.Counter
	diskSync        prometheus.Histogram
	readsPassedOn   *prometheus.CounterVec
	files           files
}

// New returns the metrics of a node of the given version, with Go's and the process's own.
func New(version string) *Node {
	n := &Node{
		registry:        prometheus.NewRegistry(),
		connections:     prometheus.NewGauge(gauge("parley_connections", "Open sessions of clients, by WebSocket or polled.")),
		deliveries:      prometheus.NewCounterVec(counter("parley_deliveries_total", "Events handed to sessions, by kind."), []string{"kind"}),
		slowDisconnects: prometheus.NewCounter(counter("parley_slow_disconnects_total", "Connections closed because their reader was too slow.")),
		leaderChanges:   prometheus.NewCounter(counter("parley_raft_leader_changes_total", "Changes of a shard's leader, as seen by this node.")),
		appendItems:     prometheus.NewCounter(counter("parley_raft_append_items_total", "Appends, snapshots and told cursors in the proposals that this node made.")),
		outcomes:        prometheus.NewCounterVec(counter("parley_raft_appends_total", "Appends and snapshots that were answered, by outcome."), []string{"outcome"}),
		overloads:       prometheus.NewCounter(counter("parley_raft_overloads_total", "Appends, snapshots and reads that a full queue turned away.")),
		diskRefusals:    prometheus.NewCounter(counter("parley_disk_refusals_total", "Appends and snapshots turned away because the disk is nearly full.")),
		diskSync:        prometheus.NewHistogram(seconds("parley_disk_sync_seconds", "Time that a sync of a file took.")),
		refusals:        prometheus.NewCounterVec(counter("parley_overloads_total", "Commands turned away before the log, and messages of rooms not taken from other nodes, for want of room, by where."), []string{"where"}),
		readsPassedOn:   prometheus.NewCounterVec(counter("parley_reads_passed_on_total", "Questions to other nodes about shards that this one has no replica of, by what was asked and whether it was answered."), []string{"what", "answered"}),
		sendAck:         prometheus.NewHistogram(seconds("parley_send_ack_seconds", "Time from a send to its acknowledgement.")),
		fanout:          prometheus.NewHistogram(fanoutSeconds),
		appendSeconds:   prometheus.NewHistogram(seconds("parley_raft_append_seconds", "Time from a proposal to its answer.")),
	}
	n.files = newFiles(n.registry)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "parley_build_info", Help: "Always 1; the version is the label.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	n.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
		n.connections, n.deliveries, n.slowDisconnects, n.leaderChanges, n.appendItems, n.outcomes, n.overloads, n.refusals, n.diskRefusals, n.diskSync, n.readsPassedOn, n.sendAck, n.fanout, n.appendSeconds,
	)
	return n
}

func gauge(name, help string) prometheus.GaugeOpts {
	return prometheus.GaugeOpts{Name: name, Help: help}
}

func counter(name, help string) prometheus.CounterOpts {
	return prometheus.CounterOpts{Name: name, Help: help}
}

// seconds covers an fsync on a fast disk (0.25 ms) up to the edge's deadline and beyond (8 s).
func seconds(name, help string) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16)}
}

// fanoutSeconds covers a room of two (microseconds) up to one of 100,000 members (tens of milliseconds).
var fanoutSeconds = prometheus.HistogramOpts{
	Name:    "parley_fanout_seconds",
	Help:    "Time from when a room message is there to when the sessions of this node have it, the wait for a pass under way included.",
	Buckets: prometheus.ExponentialBuckets(0.000001, 4, 12),
}

// Handler serves the metrics in Prometheus's formats.
func (n *Node) Handler() http.Handler {
	return promhttp.HandlerFor(n.registry, promhttp.HandlerOpts{Registry: n.registry})
}

// ConnectionOpened counts a client connection that was opened.
func (n *Node) ConnectionOpened() { n.connections.Inc() }

// ConnectionClosed counts a client connection that ended.
func (n *Node) ConnectionClosed() { n.connections.Dec() }

// Delivered counts events handed to sessions. kind is one of a small fixed set: message, yourself, sys,
// online, offline, online_x, offline_x.
func (n *Node) Delivered(kind string, sessions int) {
	n.deliveries.WithLabelValues(kind).Add(float64(sessions))
}

// SlowDisconnect counts a connection that was closed because it did not read.
func (n *Node) SlowDisconnect() { n.slowDisconnects.Inc() }

// SendAcked observes the time from a send to its acknowledgement.
func (n *Node) SendAcked(d time.Duration) { n.sendAck.Observe(d.Seconds()) }

// FannedOut observes the time that one room message took to reach the queues of all sessions here.
func (n *Node) FannedOut(d time.Duration) { n.fanout.Observe(d.Seconds()) }

// LeaderChanged counts a change of a shard's leader.
func (n *Node) LeaderChanged() { n.leaderChanges.Inc() }

// Appended observes one proposal: how many items (appends, parts of snapshots, told cursors) it held, and how long until
// it was answered.
func (n *Node) Appended(items int, d time.Duration) {
	n.appendItems.Add(float64(items))
	n.appendSeconds.Observe(d.Seconds())
}

// Outcome counts how an append or snapshot was answered: im.Outcome.String.
func (n *Node) Outcome(outcome string) { n.outcomes.WithLabelValues(outcome).Inc() }

// Overloaded counts an append, snapshot or read that the log turned away.
func (n *Node) Overloaded() { n.overloads.Inc() }

// Refused counts a command that was turned away for want of room before it came to the log, or what another node said in a room
// and was dropped. where is one of a small fixed set: actor_calls, node_calls, link_calls, untold, room_relays.
func (n *Node) Refused(where string) { n.refusals.WithLabelValues(where).Inc() }

// DiskRefused counts an append or snapshot that was turned away because the disk is nearly full.
func (n *Node) DiskRefused() { n.diskRefusals.Inc() }

// Synced observes how long a sync of a file took.
func (n *Node) Synced(d time.Duration) { n.diskSync.Observe(d.Seconds()) }

// ReadPassedOn counts a question to another node about a shard that this one has no replica of. what is one of a small fixed set:
// history, stale, keys, records, transfer.
func (n *Node) ReadPassedOn(what string, answered bool) {
	n.readsPassedOn.WithLabelValues(what, strconv.FormatBool(answered)).Inc()
}
