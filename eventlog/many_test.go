package eventlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// With more than three members each shard is with three of them, wherever they come from and go to, under appends: nothing that was
// acknowledged is lost, whoever has a shard has the same, whoever has it no more has nothing of it, and everybody knows who
// leads. Nodes end and start meanwhile. A shard that comes back to a node that had it before begins a new life there.
//
// Checked by breaking it: when a shard comes back under the id that it had, Raft refuses it and the wait does not end; without
// Hear nobody begins a replica; and when a replica that has ended is not dropped, the last look finds what it left.
func TestMembers_ThreeOfManyHaveEachShard(t *testing.T) {
	t.Parallel()
	r := three(t, 6, func(o *eventlog.Options) { o.SnapshotEntries, o.SnapshotBytes = 200, 64<<10 })
	convs, end := r.writers(8, rand.New(rand.NewPCG(9, 10)))
	r.progress(convs, 20)
	r.tell()
	r.add(3)
	r.progress(convs, 5)
	r.add(4)
	r.settled()
	r.everybodyKnows()
	r.progress(convs, 5)
	r.kill(0)
	r.progress(convs, 5)
	r.start(0)
	r.drop(5)
	r.gone(4)
	r.kill(1)
	r.start(1)
	r.settled()
	r.drop(4)
	r.gone(3)
	r.settled()
	r.progress(convs, 5)
	if r.lives() == 0 {
		t.Error("no shard came back to a node that had it")
	}
	r.add(5)
	r.settled()
	r.everybodyKnows()
	end()
	r.check(convs)
	r.sameEverywhere()
	r.leftNothing()
}

// Of six members five vote in the cluster's own shard, and the sixth has it all the same: it votes when one of the five leaves.
//
// Checked by breaking it: when all vote who have a shard the first wait does not end.
func TestMembers_FiveOfSixVoteInTheClustersOwnShard(t *testing.T) {
	t.Parallel()
	r := three(t, 1, nil)
	r.tell()
	for seat := 3; seat < seats; seat++ {
		r.add(seat)
	}
	r.settled()
	sixth := r.logs[5].Load()
	if voting, joining, _ := sixth.Membership(0); len(voting) != 5 || !slices.Equal(joining, []uint64{6}) || !sixth.Holds(0) {
		t.Errorf("in the cluster's own shard %v vote and %v join; the sixth has it: %v", voting, joining, sixth.Holds(0))
	}
	r.drop(5)
	r.gone(4)
	r.settled()
}

// A replica that has ended while its node could not note it, on a disk that is full, is noted and dropped later, and the shard may come
// back. So may one begin later that could not be noted.
//
// Checked by breaking it: when what runs is looked at, and not what is noted, the shard that comes back finds the data of its last
// life, and never begins.
func TestMembers_WhatCannotBeNotedIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := three(t, 2, nil)
	convs, end := r.writers(3, rand.New(rand.NewPCG(11, 12)))
	r.progress(convs, 20)
	r.tell()
	var mend []func()
	for _, l := range r.live() {
		mend = append(mend, l.CannotNote())
	}
	assigned := eventlog.Assignment([]uint64{1, 2, 3, 4}, 2)
	r.add(3)
	r.eventually("no replica ends", func() bool {
		for _, l := range r.live() {
			for s, of := range assigned {
				if l.Holds(im.ShardID(s)) != slices.Contains(of, l.Replica()) {
					return false
				}
			}
		}
		return true
	})
	for _, m := range mend {
		m()
	}
	r.settled()
	r.drop(4)
	r.gone(3)
	r.settled()
	r.progress(convs, 5)
	end()
	r.check(convs)
	r.sameEverywhere()
	if r.lives() == 0 {
		t.Error("no shard came back to a node that had it")
	}
}

// everybodyKnows waits until all nodes name the same leader of each shard, who is there.
func (r *roster) everybodyKnows() {
	r.t.Helper()
	r.eventually("not all know who leads", func() bool {
		for s := range im.ShardID(r.options[0].Shards + 1) {
			var known []uint64
			for _, l := range r.live() {
				leader, _, ok := l.Leader(s)
				if !ok || r.seats[leader] == 0 && leader != 1 {
					return false
				}
				known = append(known, leader)
			}
			if len(slices.Compact(known)) != 1 {
				return false
			}
		}
		return true
	})
}

// lives counts the replicas that are not the first of their node.
func (r *roster) lives() (n int) {
	for _, l := range r.live() {
		for s := range im.ShardID(r.options[0].Shards + 1) {
			if l.Life(s) > 0 {
				n++
			}
		}
	}
	return n
}

// leftNothing checks that nodes have nothing of shards that they have no replica of, and are told so when they ask.
func (r *roster) leftNothing() {
	r.t.Helper()
	for _, l := range r.live() {
		for s := range im.ShardID(r.options[0].Shards + 1) {
			if l.Holds(s) {
				continue
			}
			if n := l.StoredKeys(s); n > 0 {
				r.t.Errorf("replica %d has %d keys of shard %d", l.Replica(), n, s)
			}
			if _, err := l.History(context.Background(), r.addrIn(s), im.Before{}, 10); im.KindOf(err) != im.Unavailable {
				r.t.Errorf("replica %d reads shard %d: %v", l.Replica(), s, err)
			}
		}
	}
}

// addrIn returns an address in a shard.
func (r *roster) addrIn(s im.ShardID) im.Address {
	for i := 0; ; i++ {
		a := im.User("app", im.UserID(fmt.Sprint("user", i)))
		if a.Shard(r.options[0].Shards) == s {
			return a
		}
	}
}
