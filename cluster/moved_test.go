package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Calls to a node that goes down end as unknown, at once, and make room; so do those whose callers heard earlier that no
// answer came. Calls elsewhere are left alone.
//
// Checked by breaking it: without fail in peerDown the calls never end.
func TestNodes_PeerDownEndsItsCalls(t *testing.T) {
	took := make(chan string, 10)
	s := startSeveral(t, 3, Options{}, func(_ actor.Context, _ string, cmd *pb.Command) { took <- cmd.Id })
	s.leadAll("node2", 1)
	n := s.nodes["node1"]
	down := begin(n, tom, "down")
	overdue := make(chan *pb.Reply, 1)
	n.Call(tom, &pb.Command{Id: "overdue"}, time.Millisecond, func(r *pb.Reply) { overdue <- r })
	ends(t, overdue, im.Unavailable)
	<-took
	other := otherShard(tom)
	s.lead(other.Shard(4), "node3", 2)
	up := begin(n, other, "up")
	for id := ""; id != "up"; id = <-took {
	}
	s.cut("node1", "node2")
	ends(t, down, im.Unavailable)
	if left := n.calls.inFlight.Load(); left != 1 || len(up) != 0 {
		t.Errorf("%d calls are in flight, want that to node3", left)
	}
	s.cut("node1", "node3")
	ends(t, up, im.Unavailable)
}

// otherShard returns the address of a user in another shard than a's.
func otherShard(a im.Address) im.Address {
	for i := 0; ; i++ {
		if b := im.User("app", im.UserID(fmt.Sprint("user", i))); b.Shard(4) != a.Shard(4) {
			return b
		}
	}
}

// Whoever waits for an owner's answer hears at once that none will come: when its node goes down, when somebody else leads,
// when nobody has its name, and when the node stops.
//
// Checked by breaking it: without questions.end in PeerDown, LeaderChanged or close, or without the answer to NoActor.
func TestNodes_QuestionsEndWithTheirOwner(t *testing.T) {
	s := startSeveral(t, 2, Options{}, sayWhere)
	s.leadAll("node2", 1)
	n, shard := s.nodes["node1"], tom.Shard(4)
	for name, end := range map[string]func(){
		"down":    func() { s.cut("node1", "node2"); s.join("node1", "node2") },
		"deposed": func() { n.LeaderChanged(shard, 1, 2); n.LeaderChanged(shard, 2, 3) },
		"unheard": func() {}, // node2 has not heard that it leads in term 3
	} {
		s.hold("node1", "node2", name != "unheard")
		owner := n.placement.owner(shard)
		if name == "unheard" {
			owner.Id = ownerName(shard, 99)
		}
		over := make(chan *pb.Activated, 1)
		go func() { over <- n.questions.ask(owner, shard, &pb.Activate{Address: pb.NewAddress(tom)}, agesMore) }()
		if name != "unheard" {
			until(t, "the question is under way", func() bool { return s.waiting("node1", "node2") })
		}
		end()
		select {
		case got := <-over:
			if got != nil {
				t.Errorf("%s: answered %v", name, got)
			}
		case <-time.After(soon):
			t.Fatalf("%s: the question goes on", name)
		}
		s.cut("node1", "node2")
		s.join("node1", "node2")
	}
	s.hold("node1", "node2", true)
	answer := begin(n, tom, "x")
	n.Stop()
	ends(t, answer, im.Unavailable)
	if n.questions.ask(n.placement.owner(shard), shard, &pb.Activate{}, agesMore) != nil {
		t.Error("a node that has stopped asks")
	}
}

func (w *wires) waiting(from, to string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ways[[2]string{from, to}].queue) > 0
}

// An owner that was deposed without hearing of it, and does not answer, holds nobody up: once its successor is known its
// calls end as unknown, after a grace for the answers that are under way. Calls to the successor go on.
//
// Checked by breaking it: without hurry in moved the calls wait for their time-out, and with no grace the answer that is
// under way comes too late.
func TestNodes_DeposedOwnersCallsEndSoon(t *testing.T) {
	s := startSeveral(t, 3, Options{}, func(ctx actor.Context, node string, cmd *pb.Command) {
		if cmd.Id != "silence" {
			sayWhere(ctx, node, cmd)
		}
	})
	s.leadAll("node2", 1)
	n, shard := s.nodes["node1"], tom.Shard(4)
	lost := begin(n, tom, "silence")
	ask(t, n, tom, "x", soon)
	s.hold("node1", "node2", true)
	late := begin(n, tom, "late")
	n.LeaderChanged(shard, 0, 2) // nobody yet: who was deposed may lead again
	if n.calls.expire(time.Now().Add(moveGrace + time.Second)); len(lost) != 0 {
		t.Error("the call ended though nobody else leads")
	}
	s.nodes["node3"].LeaderChanged(shard, 3, 2)
	from := time.Now()
	n.LeaderChanged(shard, 3, 2)
	s.hold("node1", "node2", false)
	if r := <-late; r.Text != "node2" {
		t.Errorf("reply under way = %v", r)
	}
	ends(t, lost, im.Unavailable)
	if took := time.Since(from); took < moveGrace {
		t.Errorf("the old owner had %v, want %v", took, moveGrace)
	}
	if r := ask(t, n, tom, "x", soon); r.Text != "node3" || !n.idle() {
		t.Errorf("reply = %v, in flight %d", r, n.calls.inFlight.Load())
	}
}

// A command that finds nobody on the other node is answered with Retry. With it end all that went to the same actor, which may have
// been taken, as these were: they are Unavailable. Those to other actors stay.
//
// Checked by breaking it: without NoActor in takeCommand the call waits for its time-out, with finish for the one call in nobody
// the others do, and with errMoved for all those are answered with Retry though they were taken.
func TestNodes_DeadActorSaysRetryOfWhatItDidNotTake(t *testing.T) {
	took := make(chan string, 3)
	s := startSeveral(t, 2, Options{}, func(_ actor.Context, _ string, cmd *pb.Command) { took <- cmd.Id })
	s.leadAll("node2", 1)
	n := s.nodes["node1"]
	taken := []<-chan *pb.Reply{begin(n, tom, "a"), begin(n, tom, "b")}
	jerry := begin(n, im.User("app", "jerry"), "c")
	for range 3 {
		<-took
	}
	pid := pidOf(t, n, tom)
	before := s.nodes["node2"].system
	local := before.NewLocalPID(pid.Id)
	before.Root.Stop(local)
	until(t, "the actor is gone", func() bool {
		_, there := before.ProcessRegistry.GetLocal(pid.Id)
		return !there
	})
	ends(t, begin(n, tom, "d"), im.Retry)
	for _, answer := range taken {
		ends(t, answer, im.Unavailable)
	}
	if len(jerry) != 0 {
		t.Errorf("the call to another actor ended with %v", <-jerry)
	}
}

// pidOf returns where the calls to an address go.
func pidOf(t *testing.T, n *Node, to im.Address) (pid *actor.PID) {
	t.Helper()
	s := &n.calls.stripes[stripeOf(to)]
	until(t, "the way is known", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if g := s.gates[to]; g != nil {
			pid = g.pid
		}
		return pid != nil
	})
	return pid
}

// A node that stopped takes no more mail, sends nothing, and owns nothing, whatever it is told.
func TestNodes_StoppedNodeOwnsNothing(t *testing.T) {
	s := startSeveral(t, 2, Options{}, sayWhere)
	s.leadAll("node2", 1)
	ask(t, s.nodes["node1"], tom, "x", soon)
	s.nodes["node2"].Stop()
	s.leadAll("node2", 2)
	if led := s.nodes["node2"].Led(); led != 0 {
		t.Errorf("it owns %d shards", led)
	}
	ends(t, begin(s.nodes["node1"], tom, "y"), im.Retry)
}
