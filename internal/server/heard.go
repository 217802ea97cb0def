package server

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// maxReplicas bounds the replicas of a shard in a view, voting and joining ones together: one on each member, and one that
// leaves for each that comes.
const maxReplicas = 2 * roster.MaxMembers

// hear takes what the leaders of shards say of them. Who says it must be the leader that it names: what another one says, and
// what cannot be, is dropped, and so is what comes from a leader whose name is not known here yet. It says it again.
func (v *views) hear(from string, shards *pb.Shards) {
	names := v.members()
	for _, said := range shards.GetShards()[:min(len(shards.GetShards()), v.shards+1)] {
		view, err := decodeView(said, v.shards)
		if err == nil && names[view.Leader] != from {
			err = fmt.Errorf("it names %d as the leader, which is not the sender's number", view.Leader)
		}
		if err != nil {
			v.logger.Debug("what a node says of a shard is dropped", "peer", from, "shard", said.GetShard(), "err", err)
			continue
		}
		v.log.Hear(view)
	}
}

// decodeView returns a view of one of the shards 0..shards, or an error when it breaks a rule of pb.ShardView, or a bound.
func decodeView(said *pb.ShardView, shards int) (v eventlog.View, err error) {
	switch {
	case uint64(said.GetShard()) > uint64(shards):
		return v, fmt.Errorf("there is no shard %d", said.GetShard())
	case said.GetLeader() == 0 || said.GetTerm() == 0:
		return v, errors.New("nobody leads")
	case (said.GetChange() == 0) != (len(said.GetVoting()) == 0):
		return v, fmt.Errorf("%d replicas vote as of change %d", len(said.GetVoting()), said.GetChange())
	}
	if err := checkReplicas(said); err != nil {
		return v, err
	}
	return eventlog.View{
		Shard: im.ShardID(said.GetShard()), Leader: said.GetLeader(), Term: said.GetTerm(), Change: said.GetChange(),
		Voting: said.GetVoting(), Joining: said.GetJoining(), Removed: said.GetRemoved(),
	}, nil
}

// checkReplicas returns what is wrong with the lists of a view.
func checkReplicas(said *pb.ShardView) error {
	there, gone := len(said.GetVoting())+len(said.GetJoining()), len(said.GetRemoved())
	if there > maxReplicas || gone > viewsRemoved || there+gone > 0 && said.GetChange() == 0 {
		return fmt.Errorf("%d replicas take part and %d were removed as of change %d", there, gone, said.GetChange())
	}
	for _, ids := range [][]uint64{said.GetVoting(), said.GetJoining(), said.GetRemoved()} {
		if !slices.IsSorted(ids) || slices.Contains(ids, 0) {
			return fmt.Errorf("%v is not in order", ids)
		}
	}
	all := slices.Concat(said.GetVoting(), said.GetJoining(), said.GetRemoved())
	slices.Sort(all)
	if len(slices.Compact(all)) < there+gone {
		return errors.New("a replica is there twice")
	}
	return nil
}
