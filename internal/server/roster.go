package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/im"
)

// maxGuests bounds membership.guests: more than may join at a time.
const maxGuests = 16

// changeTime bounds a change of the roster. It outlasts an election.
const changeTime = 10 * time.Second

// followRoster reads the cluster's own record of its members, and does from then on what it says.
func (s *Server) followRoster(ctx context.Context) error {
	s.doing.set("waiting for a majority of the cluster")
	s.nodes = roster.New(roster.Options{
		Log: s.journal, Clock: s.opts.Clock, First: s.knownMembers(), OnChange: s.applyRoster,
	})
	if err := s.patiently(ctx, s.nodes.Load); err != nil {
		return err
	}
	s.applyRoster(s.nodes.Roster()) // nothing may be written yet
	if err := s.patiently(ctx, s.returned); err != nil {
		return err
	}
	s.inBackground(ctx, s.nodes.Run, s.admitGuests, s.runSettle, s.runDrain)
	s.doing.set("starting")
	return nil
}

// knownMembers are the members that this node was formed with, or knew of last, and where it is itself.
func (s *Server) knownMembers() []roster.Member {
	members := rosterMembers(s.journal.Members())
	for i := range members {
		if place := s.membership.place; members[i].Name == s.opts.Node && place != nil {
			members[i].Raft, members[i].Actor = place.GetRaft(), place.GetActor()
		}
	}
	return members
}

// patiently repeats what needs a majority. A node that is alone gives up when its log takes too long; one of several waits, and
// says so as often.
func (s *Server) patiently(ctx context.Context, try func(context.Context) error) error {
	for {
		err := within(ctx, openTimeout, try)
		if im.KindOf(err) != im.Unavailable || err == nil || ctx.Err() != nil || len(s.journal.Members()) < 2 {
			return err
		}
		s.logger.Info("waiting for a majority of the cluster", "err", err)
	}
}

func within(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return do(ctx)
}

// returned writes down that this node is back: where it is, and that it is not drained any more.
func (s *Server) returned(ctx context.Context) error {
	r := s.nodes.Roster()
	self, found := r.WithID(s.dir.NodeHostID())
	if !found {
		return nil
	}
	if place := s.membership.place; place != nil {
		self.Raft, self.Actor = place.GetRaft(), place.GetActor()
	}
	if events, err := r.Move(self); err != nil || len(events) > 0 {
		if err := s.nodes.Move(ctx, self); err != nil {
			return err
		}
	}
	if self.Drained {
		return s.nodes.Drain(ctx, s.opts.Node, false, s.isUp)
	}
	return nil
}

// applyRoster makes this node do what the roster says. It is called with one roster after the other.
func (s *Server) applyRoster(r roster.Roster) {
	s.membership.read(r)
	if r.Founded {
		s.journal.SetMembers(logMembers(r.Members), r.Highest)
	}
	self, found := r.WithID(s.dir.NodeHostID())
	s.leaving.Store(!found)
	s.setDrained(!found || self.Drained)
	s.settle()
}

// leave is for a node that hears from another one that it is no member any more: these are. It may have been taken out of the
// cluster's own shard before it read that there.
func (s *Server) leave(members []roster.Member) {
	if s.leaving.Swap(true) {
		return
	}
	highest := max(s.membership.known().Highest, s.journal.Replica())
	for _, m := range members {
		highest = max(highest, m.Replica)
	}
	s.journal.SetMembers(logMembers(members), highest)
	s.setDrained(true)
}

// settle brings names and links to the nodes that there are: the members, and those that are to go and take part in some shard
// still. Those end themselves when no shard has them any more.
func (s *Server) settle() {
	s.settling.Lock()
	defer s.settling.Unlock()
	present := s.membership.known().Present(s.takesPart)
	names, others := map[uint64]string{s.journal.Replica(): s.opts.Node}, []string{}
	for _, m := range present {
		names[m.Replica] = m.Name
		if m.Name != s.opts.Node {
			others = append(others, m.Name)
		}
	}
	slices.Sort(others)
	s.setPeers(others)
	s.node.SetMembers(names)
	s.followers.setNames(names)
	s.relink(present)
}

// relink brings the links to the nodes that are present, of whom settle was told others before.
func (s *Server) relink(present []roster.Member) {
	ids := map[string]string{}
	for _, m := range present {
		if ids[m.Name] = m.NodeHostID; m.Name == s.opts.Node {
			continue
		}
		before := s.linked[m.Name]
		if s.linked != nil && before == "" {
			s.attendance.PeerDown(m.Name) // nobody was there yet: no new owner has to wait for what it says
		}
		s.links.SetPeer(m.Name, m.Actor)
		if before != "" && before != m.NodeHostID {
			s.links.EndLink(m.Name) // it was with the one that is replaced
		}
	}
	for _, l := range s.links.States() {
		if ids[l.Name] == "" {
			s.links.RemovePeer(l.Name)
		}
	}
	s.linked = ids
}

// takesPart reports whether some shard has that replica, as far as this node knows.
func (s *Server) takesPart(replica uint64) bool {
	for shard := range s.opts.Shards + 1 {
		voting, joining, ok := s.journal.Membership(im.ShardID(shard))
		if !ok || slices.Contains(voting, replica) || slices.Contains(joining, replica) {
			return true
		}
	}
	return false
}

// runSettle sees to those who have left some shards meanwhile, until ctx ends.
func (s *Server) runSettle(ctx context.Context) {
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if r := s.membership.known(); len(s.peers())+1 > len(r.Members) || s.leaving.Load() {
				s.settle()
			}
		case <-ctx.Done():
			return
		}
	}
}

// settleEvery is how often it is looked at who has left.
const settleEvery = 500 * time.Millisecond

// removed ends this node: the others have removed it, or replaced it, and no shard has it any more.
func (s *Server) removed() {
	s.fail(im.E("server", im.NotPermitted, fmt.Sprintf(
		"%s was removed from the cluster, so this node ends; its data directory %s is of no use any more", s.opts.Node, s.opts.Dir)))
}

// isUp reports whether a member is up, as far as this node can tell.
func (s *Server) isUp(name string) bool { return name == s.opts.Node || s.linkStates()[name].Up }

// admitGuests writes down who joins, and who is elsewhere, until ctx ends.
func (s *Server) admitGuests(ctx context.Context) {
	for {
		select {
		case m := <-s.membership.guests:
			err := within(ctx, changeTime, func(ctx context.Context) error { return s.nodes.Admit(ctx, m) })
			if err != nil && ctx.Err() == nil {
				s.logger.Warn("a node was not let in; it asks again", "name", m.Name, "raft", m.Raft, "actor", m.Actor, "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}
