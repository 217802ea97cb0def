package cluster

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
)

// Node is this process's place in the cluster.
type Node struct {
	opts   Options
	system *actor.ActorSystem
	// members is replaced as a whole, and never changed.
	members   atomic.Pointer[members]
	placement *placement
	calls     *calls
	questions *questions
	// dropped counts mail that could not be meant for this node.
	dropped atomic.Uint64
	stop    context.CancelFunc
	running sync.WaitGroup
}

// throttled is for how long protoactor's dead letters gather before it logs how many there were; each time costs a
// goroutine that lives as long.
const throttled = 100 * time.Millisecond

// Start makes the node. It finds actors as soon as it is told of leaders, and has owners from Serve on.
func Start(opts Options) (*Node, error) {
	opts.ensureDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	n := &Node{opts: opts}
	n.SetMembers(opts.Members)
	n.placement = newPlacement(n, opts.Shards)
	n.calls = newCalls(n)
	n.questions = newQuestions(n)
	n.makeSystem()
	if err := n.calls.register(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.stop = cancel
	n.running.Go(func() { n.calls.sweep(ctx) })
	return n, nil
}

// makeSystem makes the actor system, in which an id with a peer's name as its address leads to that peer.
func (n *Node) makeSystem() {
	logger := func(*actor.ActorSystem) *slog.Logger { return quiet(n.opts.Logger) }
	n.system = actor.NewActorSystem(actor.WithLoggerFactory(logger), actor.WithDeadLetterThrottleInterval(throttled))
	n.system.ID = n.opts.Name
	compact(n.system.ProcessRegistry)
	n.system.ProcessRegistry.Address = n.opts.Name
	if n.opts.Links == nil {
		return
	}
	n.system.ProcessRegistry.RegisterAddressResolver(func(pid *actor.PID) (actor.Process, bool) {
		p := n.peer(pid.Address)
		return p, p != nil
	})
}

// send hands message to the process at to, wherever it is. An error says that it was not sent; without one it may still be
// lost, with the link or the process.
func (n *Node) send(to *actor.PID, message any, sender *actor.PID) error {
	if p := n.peer(to.Address); p != nil {
		return p.send(to, message, sender)
	}
	n.system.Root.RequestWithCustomSender(to, message, sender)
	return nil
}

// LeaderChanged records that replica leads shard in term; replica 0 = nobody. It does not block. Calls to an owner that
// was deposed end soon, whether it answers or not.
func (n *Node) LeaderChanged(shard im.ShardID, replica, term uint64) {
	if !n.placement.changed(shard, leadership{replica: replica, term: term}) {
		return
	}
	owner := n.placement.owner(shard)
	n.calls.moved(shard, owner, time.Now())
	n.questions.end(func(q *question) bool { return q.shard == shard && !q.owner.Equal(owner) })
}

// PeerDown ends what waits for the node of that name, a member or one that was: its answers will not come. Calls end with Unavailable, since they may
// have had an effect. It must be called before a new link to the peer takes frames.
func (n *Node) PeerDown(name string) {
	if name == n.opts.Name {
		return
	}
	n.calls.peerDown(name)
	n.questions.end(func(q *question) bool { return q.owner.Address == name })
}

// Serve lets this node own the shards that it leads: spawn makes their owners, which must answer *pb.Activate and end
// after *pb.Resign.
func (n *Node) Serve(spawn func(shard im.ShardID, term uint64) *actor.Props) {
	n.placement.serve(spawn)
}

// Stop ends all owners with their actors. Calls in flight are answered Unavailable, and mail finds nobody.
func (n *Node) Stop() {
	n.stop()
	n.calls.close() // no look-up starts from here on, so that running can be waited for
	n.questions.close()
	n.running.Wait()
	n.placement.close()
}
