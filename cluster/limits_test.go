package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What a node has in flight is bounded in number, to however many actors it goes, and an answer makes room.
//
// Checked by breaking it: without MaxCalls in enter, the call too many is sent.
func TestNode_CallsInFlightAreBounded(t *testing.T) {
	const room = 3
	release := make(chan bool)
	turnedAway := make(chan string, 10)
	opts := Options{MaxCalls: room, OnOverload: func(bound string) { turnedAway <- bound }}
	n, _ := startNode(t, opts, func(ctx actor.Context, cmd *pb.Command) {
		if cmd.Id == "held" {
			<-release
		}
		echo(ctx, cmd)
	})
	n.lead(1)
	answers := make(chan *pb.Reply, room)
	for i := range room {
		to := im.User("app", im.UserID(fmt.Sprint("user", i)))
		n.Call(to, &pb.Command{Id: "held"}, 10*time.Second, func(r *pb.Reply) { answers <- r })
	}
	if got := ask(t, n, tom, "one too many", soon); got.Error != uint32(im.Overloaded)+1 {
		t.Errorf("reply = %v, want overloaded", got)
	}
	close(release)
	for range room {
		if got := <-answers; got.Text != "held" {
			t.Errorf("reply = %v, want the echo", got)
		}
	}
	if got := ask(t, n, tom, "x", soon); got.Text != "x" {
		t.Errorf("reply = %v: no room was given back", got)
	}
	if n := len(turnedAway); n != 1 || <-turnedAway != NodeCalls {
		t.Errorf("OnOverload was called %d times, want once, for %s", n, NodeCalls)
	}
}

// Ways to actors are forgotten a minute after their last use, and those that nobody uses at once when there are too many;
// those in use stay.
//
// Checked by breaking it: without maxGates in prune all the young ones are left.
func TestStripe_ForgetsWaysThatNobodyUses(t *testing.T) {
	t.Parallel()
	minuteAgo := time.Now().Add(-gateIdle)
	s := &stripe{gates: map[im.Address]*gate{}}
	take := func(name string, count, inFlight int, used time.Time) {
		for i := range count {
			g := s.gateLocked(im.User("app", im.UserID(fmt.Sprint(name, i))), 4)
			g.inFlight, g.used = inFlight, used
		}
	}
	take("busy", 10, 1, time.Time{})
	take("old", 100, 0, minuteAgo.Add(-time.Second))
	take("young", 100, 0, time.Now())
	if s.prune(minuteAgo); len(s.gates) != 110 {
		t.Errorf("%d ways are left, want the busy and the young ones", len(s.gates))
	}
	take("young", 2*maxGates, 0, time.Now())
	if s.prune(minuteAgo); len(s.gates) != maxGates {
		t.Errorf("%d ways are left, want %d", len(s.gates), maxGates)
	}
	take("busier", 2*maxGates, 1, time.Now())
	if s.prune(minuteAgo); len(s.gates) != 2*maxGates+10 {
		t.Errorf("%d ways are left, want those in use", len(s.gates))
	}
}

// An owner that does not say where an actor is, though it is there, holds nobody up for longer than a look-up may take: the
// caller is told to try again, and finds the actor once the owner answers.
//
// Checked by breaking it: with a minute for activateTimeout the call runs into its time-out.
func TestNode_LookupGivesUp(t *testing.T) {
	n, _ := startNode(t, Options{}, echo)
	goOn := make(chan bool)
	n.Serve(func(im.ShardID, uint64) *actor.Props {
		return actor.PropsFromProducer(func() actor.Actor {
			return &ownerActor{behave: echo, children: map[string]*actor.PID{}, standsUntil: goOn, resigned: make(chan struct{})}
		})
	})
	n.lead(1)
	began := time.Now()
	if got := ask(t, n, tom, "x", 8*time.Second); got.Error != uint32(im.Retry)+1 {
		t.Errorf("reply = %v, want retry", got)
	}
	if took := time.Since(began); took < activateTimeout {
		t.Errorf("the owner had %v, want %v", took, activateTimeout)
	}
	close(goOn)
	deadline := time.Now().Add(10 * time.Second)
	for ask(t, n, tom, "x", soon).Text != "x" {
		if time.Now().After(deadline) {
			t.Fatal("the owner answers, but the actor is not found")
		}
	}
}
