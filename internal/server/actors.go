package server

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/device"
	"github.com/parley-im/parley/actors/dialog"
	"github.com/parley-im/parley/actors/group"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/cluster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/hub"
)

// The log, the cluster, the actors and the hub do not know each other; this file is where they meet:
//
//	dispatch -> cluster -> actors -> eventlog
//	eventlog -> leaders -> cluster -> actors -> hub

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

// openLog takes the data directory.
func (s *Server) openLog(context.Context) error {
	// The log would make it readable for everybody; it holds keys and messages.
	if err := os.MkdirAll(s.opts.Dir, 0o700); err != nil {
		return fmt.Errorf("data directory %s cannot be made: %w", s.opts.Dir, systemsWord(err))
	}
	log, err := eventlog.Open(eventlog.Options{
		Dir:       s.opts.Dir,
		Node:      s.opts.Node,
		Shards:    uint32(s.opts.Shards),
		RaftAddr:  s.opts.RaftListen,
		Retention: s.opts.Retention,
		Logger:    s.logger,
		Clock:     s.opts.Clock,
		OnLeader:  s.leaderChanged,
		Observe:   s.observeLog(),

		MinFreeDisk:   s.opts.MinFreeDisk,
		OnDiskFailure: func(err error) { s.broken <- err },
	})
	if err != nil {
		return err
	}
	s.journal = log
	s.onClose(func(context.Context) error { return log.Close() })
	return nil
}

// startActors joins the cluster and lets this node own the shards that it leads.
func (s *Server) startActors(context.Context) error {
	node, err := cluster.Start(cluster.Options{
		Name:    s.opts.Node,
		Replica: s.journal.Replica(),
		Listen:  s.opts.ActorListen,
		Shards:  uint32(s.opts.Shards),
		Logger:  s.logger,

		OnOverload: s.metrics.Refused,
	})
	if err != nil {
		return err
	}
	s.node = node
	s.onClose(func(context.Context) error { node.Stop(); return nil })
	s.hub = hub.New(hub.Options{
		Hooks:        hooks{s.metrics},
		OnAttendance: func(app im.AppID, user im.UserID) { node.Nudge(attend(app, user)) },
	})
	s.host = actors.NewHost(actors.Options{
		Journal: s.journal,
		Caller:  node,
		Hub:     timedHub{s.hub, s.metrics},
		Cores:   s.opts.cores(),
		Now:     s.opts.Clock,
		Logger:  s.logger,

		OnUntold: func() { s.metrics.Refused("untold") },
	})
	s.commands = dispatch.New(dispatch.Options{
		Actors: node, Broadcast: s.hub.Broadcast, Now: s.opts.Clock, ObserveSay: s.metrics.SendAcked,
	})
	node.Serve(s.host.Owner)
	s.leaders.attach(node)
	return nil
}

// attend asks the user's actor to look whether it has sessions.
func attend(app im.AppID, user im.UserID) *pb.Nudge {
	return &pb.Nudge{To: pb.NewAddress(im.User(app, user)), Body: &pb.Nudge_Attend{Attend: &pb.Attend{}}}
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
