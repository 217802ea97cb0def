package server

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// joinPause is the time between two questions whether this node is let in, joinTime bounds each.
	joinPause = 500 * time.Millisecond
	joinTime  = 2 * time.Second
	// sayEvery is how often a node that waits says for what.
	sayEvery = 5 * time.Second
)

// joinCluster asks a member to be let in until the cluster's members have taken this node among them, and notes that in the
// data directory. It is refused, in one line, by nodes that can not be this one's.
func (s *Server) joinCluster(ctx context.Context) (cluster string, members []eventlog.Member, err error) {
	ask, say := time.NewTicker(joinPause), time.NewTicker(sayEvery)
	defer ask.Stop()
	defer say.Stop()
	for {
		hello, err := s.askToJoin(ctx)
		if err != nil {
			return "", nil, err
		}
		if members := membersWith(hello, s.dir.NodeHostID()); members != nil {
			for _, m := range members {
				s.links.SetPeer(m.Name, m.Actor)
			}
			s.logger.Info("this node was let in", "cluster", hello.GetCluster(), "members", len(members))
			return hello.GetCluster(), members, s.dir.Join(hello.GetCluster(), bucketsOf(hello.GetRoster()), members)
		}
		select {
		case <-ask.C:
		case <-ctx.Done():
			return "", nil, &im.Error{Op: "server.join", Kind: im.Unavailable, Text: s.doing.String(), Err: ctx.Err()}
		}
		select {
		case <-say.C:
			s.logger.Info(s.doing.String())
		default:
		}
	}
}

// askToJoin asks once, and notes what this node waits for. Its error is a refusal for good.
func (s *Server) askToJoin(ctx context.Context) (*pb.Hello, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	hello, err := s.links.AskAddr(ctx, s.opts.Join)
	if im.KindOf(err) == im.NotPermitted && err != nil {
		return nil, err
	}
	if err != nil {
		s.doing.set(fmt.Sprintf("waiting for %s (--join): %v", s.opts.Join, err))
		return nil, nil
	}
	why, err := s.letIn(hello)
	s.doing.set(why)
	return hello, err
}

// letIn says what this node waits for, given the answer of a member, or why it waits in vain.
func (s *Server) letIn(hello *pb.Hello) (why string, err error) {
	r, self, at := hello.GetRoster(), s.opts.Node, hello.GetNode()
	refuse := func(format string, args ...any) (string, error) {
		text := fmt.Sprintf(format, args...)
		return text, im.E("server.join", im.Conflict, text)
	}
	if r == nil {
		return fmt.Sprintf("waiting for %s at %s (--join), which is starting", at, s.opts.Join), nil
	}
	if n := int(r.GetShards()); n != s.opts.Shards {
		return refuse("this node was started with --shards %d, the cluster of %s has %d", s.opts.Shards, at, n)
	}
	if r.GetLeft() {
		return refuse("data directory %s was a member's that was removed or replaced: join with an empty one", s.opts.Dir)
	}
	named := false
	for _, m := range r.GetMembers() {
		named = named || m.GetName() == self
	}
	switch {
	case r.GetRefused() != "":
		return fmt.Sprintf("waiting to be let in: %s cannot join as it is: %s", self, r.GetRefused()), nil
	case r.GetInvited():
		return "waiting to be let in: " + self + " is invited", nil
	case named:
		return fmt.Sprintf("waiting to be let in: the cluster has a %s with another data directory; if that is lost, run `parley cluster replace %s` on a member", self, self), nil
	}
	return fmt.Sprintf("waiting to be let in: run `parley cluster add %s` on a member", self), nil
}

// membersWith returns the members that a member has told of, nil unless one of them has that data directory.
func membersWith(hello *pb.Hello, nodeHostID string) []eventlog.Member {
	members := roster.Decoded(hello.GetRoster().GetMembers())
	if _, found := (roster.Roster{Members: members}).WithID(nodeHostID); !found {
		return nil
	}
	return logMembers(members)
}

func bucketsOf(r *pb.Roster) eventlog.Buckets {
	return eventlog.Buckets{Usual: im.Millis(r.GetBucket()), Strangers: im.Millis(r.GetStrangersBucket())}
}
