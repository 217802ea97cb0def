package server

import (
	"context"
	"sync"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/device"
	"github.com/parley-im/parley/actors/dialog"
	"github.com/parley-im/parley/actors/group"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/cluster"
	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/hub"
)

// The log, the cluster, the actors and the hub do not know each other; this file is where they meet:
//
//	dispatch -> cluster -> actors -> eventlog
//	eventlog -> leaders -> cluster -> actors -> attendance -> hub, here and on other nodes
//	link -> cluster, attendance, eventlog

// cores makes the fresh state of an address, by kind.
func (o *Options) cores() map[im.Kind]func(im.Address) core.Core {
	return map[im.Kind]func(im.Address) core.Core{
		im.KindUser:   func(a im.Address) core.Core { return user.New(a) },
		im.KindDialog: func(a im.Address) core.Core { return dialog.New(a) },
		im.KindGroup:  func(a im.Address) core.Core { return group.New(a, o.GroupMembers) },
		im.KindRoom:   func(a im.Address) core.Core { return room.New(a, o.RoomMembers) },
		im.KindDevice: func(a im.Address) core.Core { return device.New(a) },

		im.KindPassenger: func(a im.Address) core.Core { return user.New(a) },
	}
}

func (s *Server) logOptions() eventlog.Options {
	peers := make([]eventlog.Member, len(s.opts.Peers))
	for i, p := range s.opts.Peers {
		peers[i] = eventlog.Member{Name: p.Name, Raft: p.Raft, Actor: p.Actor}
	}
	return eventlog.Options{
		Dir:       s.opts.Dir,
		Node:      s.opts.Node,
		Peers:     peers,
		Shards:    uint32(s.opts.Shards),
		RaftAddr:  s.opts.RaftListen,
		Certs:     eventlog.Certs(s.opts.Certs),
		Retention: s.opts.Retention, RetentionStrangers: s.opts.RetentionStrangers,
		OnUncovered: s.cover,
		Window:      s.window,
		Logger:      s.logger,
		Clock:       s.opts.Clock,
		OnLeader:    s.leaderChanged,
		OnRemoved:   s.removed,
		OnView:      s.viewsChanged.notify,
		Observe:     s.observeLog(),

		MinFreeDisk:   s.opts.MinFreeDisk,
		OnDiskFailure: func(err error) { s.broken <- err },
	}
}

// openLog opens the log of the directory, which has formed.
func (s *Server) openLog(context.Context) error {
	log, err := s.dir.Open()
	if err != nil {
		return err
	}
	s.journal = log
	s.onClose(func(context.Context) error { return log.Close() })
	return nil
}

// startActors joins the cluster and lets this node own the shards that it leads.
func (s *Server) startActors(context.Context) error {
	names := s.memberNames()
	node, err := cluster.Start(cluster.Options{
		Name:    s.opts.Node,
		Replica: s.journal.Replica(),
		Members: names,
		Links:   s.links,
		Shards:  uint32(s.opts.Shards),
		Logger:  s.logger,

		OnOverload: s.metrics.Refused,
	})
	if err != nil {
		return err
	}
	s.node = node
	s.onClose(func(context.Context) error { s.attendance.Close(); return nil })
	s.onClose(func(context.Context) error { node.Stop(); return nil }) // before the attendance: its actors use it
	s.hub = hub.New(hub.Options{
		Hooks:    hooks{s.metrics},
		OnChange: func(of im.Address, now im.Interest) { s.attendance.Changed(of, now) },
	})
	s.attendance = attendance.New(attendance.Options{
		Node: s.opts.Node, Shards: uint32(s.opts.Shards), Hub: s.hub, Nudge: node.Nudge, Logger: s.logger,
		Links: s.links, Peers: s.peers,
	})
	s.host = actors.NewHost(actors.Options{
		Journal: s.journal,
		Caller:  node,
		Hub:     s.attendance,
		Cores:   s.opts.cores(),
		Shards:  uint32(s.opts.Shards),
		Now:     s.journal.Now,
		Logger:  s.logger,

		OnUntold: func() { s.metrics.Refused("untold") },
	})
	s.commands = dispatch.New(dispatch.Options{
		Patience: s.patience,
		Actors:   node, Broadcast: s.attendance.Broadcast, Now: s.journal.Now, ObserveSay: s.metrics.SendAcked,
	})
	node.Serve(s.host.Owner)
	s.followers = &followers{names: names, attendance: s.attendance, then: func(shard im.ShardID, replica, term uint64) {
		node.LeaderChanged(shard, replica, term)
		if replica != 0 {
			s.host.LeaderChanged(shard, term)
		}
	}}
	s.views, s.clocks = s.newViews(), s.newClocks()
	s.leaders.attach(s.followers)
	s.watch()
	s.logIsOpen.Store(true)
	return nil
}

// cover is called by the log, which is there before the actors.
func (s *Server) cover(addr im.Address) {
	if s.logIsOpen.Load() {
		s.host.Cover(addr)
	}
}

// patience bounds a command and an attempt at it. Where another node may take over, that takes about a second, and whoever
// waits without a majority is told so within two. A node alone can only wait for its own disk.
func (s *Server) patience() (command, attempt time.Duration) {
	if len(s.peers()) == 0 {
		return 5 * time.Second, 2 * time.Second
	}
	return 2 * time.Second, time.Second
}

// memberNames are the names of the members by the numbers that the log knows them by. This node is among them, also one that is to
// go.
func (s *Server) memberNames() map[uint64]string {
	names := map[uint64]string{s.journal.Replica(): s.opts.Node}
	for _, m := range s.journal.Members() {
		names[m.Replica] = m.Name
	}
	return names
}

// leaderChanged is called by the log, in order, from one goroutine.
func (s *Server) leaderChanged(shard im.ShardID, leader, term uint64) {
	s.metrics.LeaderChanged()
	s.leaders.changed(shard, leader, term)
}

// follower is who must know which replica leads a shard; see cluster.Node.
type follower interface {
	LeaderChanged(shard im.ShardID, replica, term uint64)
}

// leaders hands the log's news of leaders to the cluster, which is there only after the log.
type leaders struct {
	mu sync.Mutex
	// node is nil until attach; until then early holds the last word on each shard. Overflow: older ones are forgotten.
	node  follower
	early map[im.ShardID][2]uint64
}

func (l *leaders) changed(shard im.ShardID, leader, term uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node != nil {
		l.node.LeaderChanged(shard, leader, term)
		return
	}
	if l.early == nil {
		l.early = map[im.ShardID][2]uint64{}
	}
	l.early[shard] = [2]uint64{leader, term}
}

func (l *leaders) attach(node follower) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.node = node
	for shard, e := range l.early {
		node.LeaderChanged(shard, e[0], e[1])
	}
	l.early = nil
}
