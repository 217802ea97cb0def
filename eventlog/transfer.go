package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/im"
)

const opTransfer = "eventlog.transfer"

// Transfer asks the leader of a shard, whichever node that is, to hand over to replica to. It does not wait for that, and
// it may come to nothing: the shard then refuses proposals for one election and stays where it is. It fails as an
// *im.Error: Invalid for a shard that is not there, or a replica that has no vote in it, Unavailable when no leader is known
// or the log is closed, Overloaded when another transfer of the shard is being asked for.
func (l *Log) Transfer(shard im.ShardID, to uint64) error {
	if int(shard) >= len(l.shards) || !slices.Contains(l.voters(shard), to) {
		return im.E(opTransfer, im.Invalid, fmt.Sprintf("there is no shard %d, or replica %d has no vote in it", shard, to))
	}
	if !l.Holds(shard) {
		return errAbsent
	}
	if _, _, ok := l.shards[shard].localLeader(); !ok {
		return im.E(opTransfer, im.Unavailable, fmt.Sprintf("shard %d has no leader", shard))
	}
	err := l.nh.RequestLeaderTransfer(raftID(shard), l.raftOf(shard, to))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, dragonboat.ErrSystemBusy):
		return &im.Error{Op: opTransfer, Kind: im.Overloaded, Err: err}
	}
	return &im.Error{Op: opTransfer, Kind: im.Unavailable, Err: err}
}

// numbers returns the numbers of the members, in order.
func (l *Log) numbers() []uint64 { return numbersOf(l.nodes.members()) }

func numbersOf(members []Member) []uint64 {
	all := make([]uint64, 0, len(members))
	for _, m := range members {
		all = append(all, m.Replica)
	}
	return all
}

// voters returns who may lead a shard: the members that vote in it, or all as long as that is not known.
func (l *Log) voters(id im.ShardID) []uint64 {
	g := l.groups.get(id)
	voting := numbers(g.voting)
	return slices.DeleteFunc(l.numbers(), func(r uint64) bool { return g.id > 0 && !slices.Contains(voting, r) })
}

// raftOf returns the id of a member's replica of a shard.
func (l *Log) raftOf(id im.ShardID, number uint64) uint64 {
	g := l.groups.get(id)
	if raft := g.of(number); raft != 0 {
		return raft
	}
	return raftReplica(number, 0)
}

// votes reports whether this node is known to vote in a shard.
func (l *Log) votes(id im.ShardID) bool {
	return l.Holds(id) && slices.Contains(l.groups.get(id).voting, l.ours[id].raft.Load())
}

// Drain hands over every shard that this node leads, its part of shard 0 included, and tries again until it leads none or
// ctx ends; then it returns an *im.Error of kind Unavailable. From then on the node takes no leaders of its own accord, and
// hands over those that an election makes it, until Undrain. Where nobody else votes there is nobody to hand over to, and it
// does not wait. For the moment before Close, which does not drain, and for a node that is to be idle.
func (l *Log) Drain(ctx context.Context) error {
	l.draining.Store(true)
	for tries := 0; ; tries++ {
		led := l.led()
		if len(led) == 0 {
			return nil
		}
		for _, s := range led {
			l.shards[s].handOver(tries)
		}
		if err := l.awaitDrained(ctx); err != nil {
			return err
		}
	}
}

// handOver asks one of the heirs to lead, another one with each try. It reports whether there is one.
func (s *shard) handOver(tries int) bool {
	heirs := s.l.heirs(s.id)
	if len(heirs) == 0 {
		return false
	}
	if err := s.l.Transfer(s.id, heirs[(int(s.id)+tries)%len(heirs)]); err != nil {
		s.l.o.Logger.Debug("no transfer", "shard", uint32(s.id), "err", err)
	}
	return true
}

// Undrain lets the node take leaders again. A Drain that is under way ends as Unavailable.
func (l *Log) Undrain() { l.draining.Store(false) }

// led returns the shards that this node leads and could hand over.
func (l *Log) led() []im.ShardID {
	var led []im.ShardID
	for _, s := range l.shards {
		if s.leads() && len(l.heirs(s.id)) > 0 {
			led = append(led, s.id)
		}
	}
	return led
}

// heirs returns who else may lead a shard. If any of them lead, it returns those only: they were alive within the last
// election.
func (l *Log) heirs(id im.ShardID) []uint64 {
	self := l.Replica()
	others := slices.DeleteFunc(l.voters(id), func(r uint64) bool { return r == self })
	leading := slices.DeleteFunc(slices.Clone(others), func(r uint64) bool {
		return !slices.ContainsFunc(l.shards, func(s *shard) bool {
			leader, _, ok := s.leader()
			return ok && leader == r
		})
	})
	if len(leading) > 0 {
		return leading
	}
	return others
}

// awaitDrained waits until this node leads nothing, but no longer than Raft gives a transfer.
func (l *Log) awaitDrained(ctx context.Context) error {
	tick := time.Duration(l.o.rttMillis) * time.Millisecond
	for range electionRTT + 2 {
		if len(l.led()) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			text := fmt.Sprintf("this node still leads %d shards", len(l.led()))
			return &im.Error{Op: "eventlog.drain", Kind: im.Unavailable, Text: text, Err: err}
		}
		if !l.draining.Load() {
			return im.E("eventlog.drain", im.Unavailable, "the drain was taken back")
		}
		if !l.pause(tick) {
			return errClosed
		}
	}
	return nil
}
