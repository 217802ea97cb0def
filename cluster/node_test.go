package cluster

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ownerActor answers as actors.Host's owner does, with children that behave as the test says.
type ownerActor struct {
	behave   func(ctx actor.Context, cmd *pb.Command)
	children map[string]*actor.PID
	resigned chan struct{}
	// standsUntil, when set, is what each look-up waits for.
	standsUntil chan bool
}

func (o *ownerActor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *pb.Activate:
		if o.standsUntil != nil {
			<-o.standsUntil
		}
		ctx.Respond(&pb.Activated{Actor: o.child(ctx, m.Address.Id).Id})
	case *pb.Nudge:
		o.behave(ctx, &pb.Command{Id: m.GetPresence().GetUser()})
	case *pb.Resign:
		close(o.resigned)
		ctx.Stop(ctx.Self())
	}
}

func (o *ownerActor) child(ctx actor.Context, id string) *actor.PID {
	if o.children[id] == nil {
		props := actor.PropsFromFunc(func(ctx actor.Context) {
			if cmd, ok := ctx.Message().(*pb.Command); ok {
				o.behave(ctx, cmd)
			}
		})
		// As the real owner names its activations: by a number that is used once.
		pid, err := ctx.SpawnNamed(props, strconv.Itoa(len(o.children)+1))
		if err != nil {
			panic(err)
		}
		o.children[id] = pid
	}
	return o.children[id]
}

// startNode starts a node that is alone and whose actors behave as given.
func startNode(t *testing.T, opts Options, behave func(ctx actor.Context, cmd *pb.Command)) (*Node, chan struct{}) {
	t.Helper()
	opts.Name, opts.Replica, opts.Shards = "node1", 1, 4
	opts.Members = map[uint64]string{1: "node1"}
	n, err := Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	resigned := make(chan struct{})
	n.Serve(func(im.ShardID, uint64) *actor.Props {
		return actor.PropsFromProducer(func() actor.Actor {
			return &ownerActor{behave: behave, children: map[string]*actor.PID{}, resigned: resigned}
		})
	})
	return n, resigned
}

func echo(ctx actor.Context, cmd *pb.Command) {
	ctx.Respond(&pb.Reply{Call: cmd.Call, Text: cmd.Id})
}

var tom = im.User("app", "tom")

func (n *Node) lead(term uint64) {
	for shard := range n.opts.Shards {
		n.LeaderChanged(im.ShardID(shard+1), n.opts.Replica, term)
	}
}

// ask calls and waits.
func ask(t *testing.T, n *Node, to im.Address, id string, timeout time.Duration) *pb.Reply {
	t.Helper()
	answers := make(chan *pb.Reply, 1)
	n.Call(to, &pb.Command{Id: id}, timeout, func(r *pb.Reply) { answers <- r })
	select {
	case r := <-answers:
		return r
	case <-time.After(10 * time.Second):
		t.Fatal("no answer at all: done was not called")
		return nil
	}
}

// A call goes to the leader's owner, by the cluster look-up, and its answer comes back.
func TestNode_CallReachesTheOwnersActor(t *testing.T) {
	n, _ := startNode(t, Options{}, echo)
	n.lead(1)
	if got := ask(t, n, tom, "x", soon); got.Error != 0 || got.Text != "x" {
		t.Errorf("reply = %v, want x", got)
	}
	if n.Led() != 4 {
		t.Errorf("owned shards = %d, want 4", n.Led())
	}
}

// Without a leader the caller is told to try again, not kept waiting.
func TestNode_CallWithoutLeaderSaysRetry(t *testing.T) {
	n, _ := startNode(t, Options{}, echo)
	if got := ask(t, n, tom, "x", 5*time.Second); got.Error != uint32(im.Retry)+1 {
		t.Errorf("reply = %v, want retry", got)
	}
}

// Calls to one actor arrive in order, those that waited for the look-up included.
func TestNode_CallsToOneActorKeepTheirOrder(t *testing.T) {
	var mu sync.Mutex
	var got []string
	n, _ := startNode(t, Options{}, func(ctx actor.Context, cmd *pb.Command) {
		mu.Lock()
		got = append(got, cmd.Id)
		mu.Unlock()
		echo(ctx, cmd)
	})
	n.lead(1)
	const calls = 2000
	var answered sync.WaitGroup
	answered.Add(calls)
	for i := range calls {
		n.Call(tom, &pb.Command{Id: fmt.Sprint(i)}, soon, func(r *pb.Reply) {
			if r.Error != 0 {
				t.Errorf("answered %v", r)
			}
			answered.Done()
		})
	}
	answered.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(got) != calls {
		t.Fatalf("%d of %d arrived", len(got), calls)
	}
	for i := range calls {
		if got[i] != fmt.Sprint(i) {
			t.Fatalf("command %d arrived as number %d", i, i)
		}
	}
}

// An actor that does not answer costs its callers their time-out, and then nothing more is sent to it than what it has:
// what is in flight to one actor is bounded, and what lies in its mailbox is in flight.
func TestNode_SilentActorTimesOutAndOverloads(t *testing.T) {
	n, _ := startNode(t, Options{MaxBytesPerActor: 100}, func(actor.Context, *pb.Command) {})
	n.lead(1)
	first := make(chan *pb.Reply, 1)
	n.Call(tom, &pb.Command{Id: string(make([]byte, 90))}, 300*time.Millisecond, func(r *pb.Reply) { first <- r })
	if got := ask(t, n, tom, "second", soon); got.Error != uint32(im.Overloaded)+1 {
		t.Errorf("second reply = %v, want overloaded", got)
	}
	if got := <-first; got.Error != uint32(im.Unavailable)+1 {
		t.Errorf("first reply = %v, want unavailable", got)
	}
	if got := ask(t, n, tom, "third", soon); got.Error != uint32(im.Overloaded)+1 {
		t.Errorf("third reply = %v, want overloaded: the first one still lies in the mailbox", got)
	}
	if got := ask(t, n, im.User("app", "jerry"), "fourth", 100*time.Millisecond); got.Error != uint32(im.Unavailable)+1 {
		t.Errorf("fourth reply = %v, want unavailable: this actor has nothing yet", got)
	}
}

// A new term gets a new owner, the old one resigns, and calls find the new one.
func TestNode_NewTermGetsANewOwner(t *testing.T) {
	n, resigned := startNode(t, Options{}, echo)
	shard := tom.Shard(n.opts.Shards)
	n.LeaderChanged(shard, 1, 1)
	if got := ask(t, n, tom, "a", soon); got.Text != "a" {
		t.Fatalf("reply = %v", got)
	}
	n.LeaderChanged(shard, 1, 2)
	<-resigned
	if got := ask(t, n, tom, "b", soon); got.Text != "b" {
		t.Errorf("reply in the new term = %v", got)
	}
	n.LeaderChanged(shard, 2, 3) // another node, whose address is not known
	if got := ask(t, n, tom, "c", soon); got.Error != uint32(im.Retry)+1 {
		t.Errorf("reply without a known owner = %v, want retry", got)
	}
}

// What is sent to an actor that is gone is answered with retry, not by the time-out.
func TestNode_DeadActorSaysRetry(t *testing.T) {
	n, _ := startNode(t, Options{}, func(ctx actor.Context, cmd *pb.Command) {
		echo(ctx, cmd)
		ctx.Stop(ctx.Self())
	})
	n.lead(1)
	if got := ask(t, n, tom, "a", soon); got.Text != "a" {
		t.Fatalf("reply = %v", got)
	}
	// The actor stops after its answer; a call may still reach its mailbox, which is dropped, so ask until it is gone.
	deadline := time.Now().Add(10 * time.Second)
	for {
		got := ask(t, n, tom, "b", 500*time.Millisecond)
		if got.Error == uint32(im.Retry)+1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("last reply = %v, want retry", got)
		}
	}
}

// Nudges reach the owner of their address in order; one without an owner, or to no address, goes nowhere.
func TestNode_NudgesReachTheOwnerInOrder(t *testing.T) {
	const count = 100
	got := make(chan string, count)
	n, _ := startNode(t, Options{}, func(_ actor.Context, cmd *pb.Command) { got <- cmd.Id })
	tom := im.User("app", "tom")
	nudge := func(to im.Address, i int) {
		presence := &pb.Presence{User: fmt.Sprint(i)}
		n.Nudge(&pb.Nudge{To: pb.NewAddress(to), Body: &pb.Nudge_Presence{Presence: presence}})
	}
	nudge(tom, -1) // nobody leads yet
	for shard := range im.ShardID(5) {
		n.LeaderChanged(shard, 1, 1)
	}
	nudge(im.Address{App: "app", Kind: im.KindUser, ID: ""}, -2)
	for i := range count {
		nudge(tom, i)
	}
	for i := range count {
		if id := <-got; id != fmt.Sprint(i) {
			t.Fatalf("nudge %d is %s", i, id)
		}
	}
}
