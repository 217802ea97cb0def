package server

import (
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/metrics"
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/socketio"
)

// hooks turns the edge's news into metrics.
type hooks struct{ *metrics.Node }

// OnDelivered implements hub.Hooks.
func (h hooks) OnDelivered(event string, sessions int) { h.Delivered(event, sessions) }

// OnFannedOut implements hub.Hooks.
func (h hooks) OnFannedOut(took time.Duration) { h.FannedOut(took) }

// OnRelayDropped implements hub.Hooks.
func (h hooks) OnRelayDropped() { h.Refused("room_relays") }

// OnConnect implements socketio.Hooks.
func (h hooks) OnConnect() { h.ConnectionOpened() }

// OnDisconnect implements socketio.Hooks.
func (h hooks) OnDisconnect(engineio.Reason) { h.ConnectionClosed() }

// OnSlow implements socketio.Hooks.
func (h hooks) OnSlow() { h.SlowDisconnect() }

var (
	_ hub.Hooks      = hooks{}
	_ socketio.Hooks = hooks{}
)

var (
	_ attendance.Hub = (*hub.Hub)(nil)
	_ actors.Hub     = (*attendance.Attendance)(nil)
)

// observeLog turns the log's news into metrics.
func (s *Server) observeLog() eventlog.Observer {
	return eventlog.Observer{
		Batch: func(_ im.ShardID, items, _ int, took time.Duration, _ bool) { s.metrics.Appended(items, took) },
		Outcome: func(o im.Outcome) {
			s.metrics.Outcome(o.String())
		},
		Overload: s.metrics.Overloaded,
		DiskLow:  s.metrics.DiskRefused,
		Sync:     s.metrics.Synced,
	}
}

// watch registers what metrics read when they are asked for. The node must be open.
func (s *Server) watch() {
	s.metrics.Watch(metrics.Gauges{
		Shards:                 s.shardsHeld,
		ShardsLed:              s.shardsLed,
		ShardsWithoutLeader:    s.shardsWithoutLeader,
		LogBytes:               s.logBytes,
		Retention:              s.retentionFigures,
		DiskFreeBytes:          func() int64 { return int64(s.journal.Disk().FreeBytes) },
		DiskMinFreeBytes:       func() int64 { return int64(s.journal.Disk().MinFreeBytes) },
		CertificateLeftSeconds: s.certificateLeft(),
		DiskStalledSeconds:     func() float64 { return s.journal.Disk().Stalled.Seconds() },
		QueuedBytes:            s.queuedBytes,
		Actors:                 s.actorCounts,
	})
}

// queuedBytes is 0 until the edge is open.
func (s *Server) queuedBytes() int64 {
	if sockets := s.sockets.Load(); sockets != nil {
		return sockets.QueuedBytes()
	}
	return 0
}

func (s *Server) logBytes() map[string]int64 {
	store, raft := s.journal.Usage()
	return map[string]int64{"store": int64(store), "raft": int64(raft)}
}

func (s *Server) shardsHeld() (held int) {
	for shard := range s.opts.Shards + 1 {
		if s.journal.Holds(im.ShardID(shard)) {
			held++
		}
	}
	return held
}

func (s *Server) shardsLed() (led int) {
	for _, shard := range s.journal.Stats().Shards {
		if shard.Leading {
			led++
		}
	}
	return led
}

func (s *Server) shardsWithoutLeader() (without int) {
	for shard := range s.opts.Shards + 1 {
		if _, _, ok := s.journal.Leader(im.ShardID(shard)); !ok {
			without++
		}
	}
	return without
}

// actorCounts are the awake actors by kind.
func (s *Server) actorCounts() map[string]int {
	counts := map[string]int{}
	for kind, n := range s.host.Active() {
		counts[kind.String()] = int(n)
	}
	return counts
}
