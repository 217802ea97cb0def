package server

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/parley-im/parley/cluster/formation"
	"github.com/parley-im/parley/cluster/link"
	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/eventlog"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A node learns who the others are before it opens its log: takeDir, openLinks, form. It hears of what they do only once
// its actors are there: join. From then on it follows the cluster's own record of them: followRoster.

// takeDir takes the data directory.
func (s *Server) takeDir(context.Context) error {
	// The log would make it readable for everybody; it holds keys and messages.
	if err := os.MkdirAll(s.opts.Dir, 0o700); err != nil {
		return fmt.Errorf("data directory %s cannot be made: %w", s.opts.Dir, systemsWord(err))
	}
	dir, err := eventlog.Prepare(s.logOptions())
	if err != nil {
		return err
	}
	s.dir = dir
	s.onClose(func(context.Context) error { return dir.Close() })
	s.membership = &membership{
		node: s.opts.Node, nodeHostID: dir.NodeHostID(), shards: uint32(s.opts.Shards), clock: s.opts.Clock,
		place: s.opts.place(), proven: s.opts.proves(), guests: make(chan roster.Member, maxGuests), takesPart: s.takesPart,
	}
	return nil
}

// openLinks answers other nodes from here on. There are no links before join.
func (s *Server) openLinks(context.Context) error {
	_, members, formed := s.dir.Formed()
	peers := map[string]string{}
	addrs := []string{s.opts.RaftListen, s.opts.ActorListen} // of this start, which may not be those that others know
	for _, m := range members {
		peers[m.Name] = m.Actor
		addrs = append(addrs, m.Raft, m.Actor)
	}
	if !formed {
		for _, p := range s.opts.Peers {
			peers[p.Name] = p.Actor
		}
	}
	if len(members) > 1 && !s.opts.proves() {
		if err := wantSecret(addrs); err != nil {
			return err
		}
	}
	if len(members) > 1 {
		if err := s.coverPlace(); err != nil {
			return err
		}
	}
	delete(peers, s.opts.Node)
	s.setPeers(slices.Sorted(maps.Keys(peers)))
	s.membership.agreed(s.terms())
	s.links = link.Start(link.Options{
		Node: s.opts.Node, Listener: s.actorPort, Peers: peers, Secret: s.opts.ClusterSecret, Credentials: s.credentials(), Logger: s.logger,
		Hello: s.membership.hello, Check: s.membership.check, Asked: s.membership.asked,
		Receive: s.receive, Up: s.peerUp, Down: s.peerDown,
		Tunnel: s.tunnels.take,
	})
	s.onClose(func(context.Context) error { s.links.Close(); return nil })
	return nil
}

// setPeers replaces the names of the other members.
func (s *Server) setPeers(names []string) { s.others.Store(&names) }

// peers are the names of the other members. Nobody may change the slice.
func (s *Server) peers() []string { return *s.others.Load() }

// terms are what the first members of the cluster must agree upon. One that has formed says so for the others, which may not
// have.
func (s *Server) terms() formation.Terms {
	names := append([]string{s.opts.Node}, s.peers()...)
	if len(s.opts.Peers) > 0 {
		names = nil
		for _, p := range s.opts.Peers {
			names = append(names, p.Name)
		}
	}
	buckets := s.dir.Buckets()
	return formation.Terms{
		Members: names, Shards: uint32(s.opts.Shards), Bucket: buckets.Usual, StrangersBucket: buckets.Strangers,
	}
}

// form makes the cluster, if this is the directory's first start: one of this node alone, or of all peers once they were
// heard of. Or it joins the one that --join names.
func (s *Server) form(ctx context.Context) error {
	cluster, members, ok := s.dir.Formed()
	var err error
	switch {
	case ok && s.opts.Join != "":
		s.logger.Debug("--join is ignored: the data directory belongs to a cluster", "cluster", cluster)
	case !ok && s.opts.Join != "":
		cluster, members, err = s.joinCluster(ctx)
	case !ok:
		cluster, members, err = s.agree(ctx)
	}
	if err != nil {
		return err
	}
	s.membership.formed(cluster, s.dir.Buckets(), members)
	return nil
}

// agree forms the cluster with its other first members.
func (s *Server) agree(ctx context.Context) (cluster string, members []eventlog.Member, err error) {
	cluster, ids, err := formation.Agree(ctx, formation.Options{
		Node: s.opts.Node, NodeHostID: s.dir.NodeHostID(), Terms: s.terms(), Ask: s.links.Ask, Logger: s.logger,
		Waiting: s.doing.set,
	})
	if err != nil {
		return "", nil, err
	}
	members = s.firstMembers(ids)
	return cluster, members, s.dir.Form(cluster, members)
}

// firstMembers numbers the members in the order of their names.
func (s *Server) firstMembers(ids map[string]string) []eventlog.Member {
	addrs := map[string]Peer{s.opts.Node: {Raft: s.opts.RaftListen, Actor: s.opts.ActorListen}}
	if place := s.membership.place; place != nil {
		addrs[s.opts.Node] = Peer{Raft: place.GetRaft(), Actor: place.GetActor()}
	}
	for _, p := range s.opts.Peers {
		addrs[p.Name] = p
	}
	var members []eventlog.Member
	for i, name := range slices.Sorted(maps.Keys(ids)) {
		members = append(members, eventlog.Member{
			Name: name, Replica: uint64(i) + 1, NodeHostID: ids[name], Raft: addrs[name].Raft, Actor: addrs[name].Actor,
		})
	}
	return members
}

// join lets links come up.
func (s *Server) join(ctx context.Context) error {
	s.links.Open()
	s.inBackground(ctx, s.introduce, s.views.run, s.clocks.run)
	return nil
}

// receive takes a frame from another node. The log, the actors and the attendance are there, since links are open; the log may
// be closed.
func (s *Server) receive(from string, f *pb.Frame) {
	switch body := f.GetBody().(type) {
	case *pb.Frame_Mail:
		s.node.Receive(from, body.Mail)
	case *pb.Frame_Shards:
		s.views.hear(from, body.Shards)
	case *pb.Frame_Time:
		s.clocks.hear(from, body.Time)
	default:
		s.attendance.Receive(from, f)
	}
}

// peerUp has the new peer told of what this node leads.
func (s *Server) peerUp(peer string) {
	s.attendance.PeerUp(peer)
	s.viewsChanged.notify()
}

// peerDown tells the attendance first: what is told again because a call failed must not go there.
func (s *Server) peerDown(peer string) {
	s.attendance.PeerDown(peer)
	s.node.PeerDown(peer)
}
