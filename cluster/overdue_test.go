package cluster

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// standing is an actor that takes its first command and stands still with it; what comes meanwhile lies in its mailbox.
type standing struct {
	n *Node
	// took has a token for each command that the actor has taken.
	took, goOn chan bool
	// turnedAway holds the first bounds that OnOverload was told of.
	turnedAway chan string
}

// patience is the time-out of the command that the actor stands with.
const patience = time.Hour

// stand starts a node with room for one command to an actor, which takes it and stands still; the caller has heard that no
// answer came.
func stand(t *testing.T) *standing {
	t.Helper()
	s := &standing{took: make(chan bool, 10), goOn: make(chan bool), turnedAway: make(chan string, 10)}
	opts := Options{MaxBytesPerActor: 1, OnOverload: func(bound string) {
		select {
		case s.turnedAway <- bound:
		default:
		}
	}}
	s.n, _ = startNode(t, opts, func(ctx actor.Context, cmd *pb.Command) {
		s.took <- true
		<-s.goOn
		echo(ctx, cmd)
	})
	s.n.lead(1)
	answer := make(chan *pb.Reply, 1)
	s.n.Call(tom, &pb.Command{Id: "first"}, patience, func(r *pb.Reply) { answer <- r })
	<-s.took
	s.n.calls.expire(time.Now().Add(patience))
	if got := <-answer; got.Error != uint32(im.Unavailable)+1 {
		t.Fatalf("reply = %v, want unavailable", got)
	}
	return s
}

// refuses asks tom something that there is no room for.
func (s *standing) refuses(t *testing.T) {
	t.Helper()
	if got := ask(t, s.n, tom, "next", soon); got.Error != uint32(im.Overloaded)+1 {
		t.Errorf("reply = %v, want overloaded", got)
	}
	select {
	case bound := <-s.turnedAway:
		if bound != ActorCalls {
			t.Errorf("OnOverload was told of %q, want %q", bound, ActorCalls)
		}
	default:
		t.Error("OnOverload was not called")
	}
}

// A call that timed out takes room until its actor has taken it after all: a mailbox does not grow with time-outs.
//
// Checked by breaking it: with finish for all calls in expire, the second call is sent, and with no finish of the answer
// to an overdue call there is no room in the end.
func TestNode_OverdueCallsTakeRoomUntilTheyAreTaken(t *testing.T) {
	s := stand(t)
	s.refuses(t)
	close(s.goOn)
	deadline := time.Now().Add(10 * time.Second)
	for ask(t, s.n, tom, "next", soon).Error != 0 {
		if time.Now().After(deadline) {
			t.Fatal("the actor answers, but there is no room")
		}
	}
	if inFlight := s.n.calls.inFlight.Load(); inFlight != 0 {
		t.Errorf("%d calls are in flight in the end", inFlight)
	}
}

// What was never answered gives its room back after a minute, and not before.
//
// Checked by breaking it: without keepOverdue in expire the room is never given back.
func TestNode_LostCallsGiveTheirRoomBack(t *testing.T) {
	s := stand(t)
	defer close(s.goOn)
	s.n.calls.expire(time.Now().Add(patience + keepOverdue - 10*time.Second))
	s.refuses(t)
	s.n.calls.expire(time.Now().Add(patience + keepOverdue))
	if got := ask(t, s.n, tom, "next", 100*time.Millisecond); got.Error != uint32(im.Unavailable)+1 {
		t.Errorf("reply = %v, want unavailable: it is sent, and the actor still stands", got)
	}
}

// A dead actor takes no room: its mailbox is gone.
//
// Checked by breaking it: if dead passes over calls that are overdue, the call is refused.
func TestNode_DeadActorTakesNoRoom(t *testing.T) {
	s := stand(t)
	defer close(s.goOn)
	for pid := range s.pids() {
		s.n.calls.dead(pid)
	}
	if got := ask(t, s.n, tom, "next", 100*time.Millisecond); got.Error != uint32(im.Unavailable)+1 {
		t.Errorf("reply = %v, want unavailable: it is sent", got)
	}
}

// pids returns where the calls in flight went.
func (s *standing) pids() map[*actor.PID]bool {
	pids := map[*actor.PID]bool{}
	for i := range s.n.calls.stripes {
		st := &s.n.calls.stripes[i]
		st.mu.Lock()
		for _, k := range st.calls {
			pids[k.pid] = true
		}
		st.mu.Unlock()
	}
	return pids
}
