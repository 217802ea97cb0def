package cluster

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/cluster"
	"github.com/asynkron/protoactor-go/remote"

	"github.com/parley-im/parley/im"
)

// Options says who this node is. All fields but Logger and the limits are required.
type Options struct {
	// Name is the node's name, unique in the cluster.
	Name string
	// Replica is the number by which the log knows this node.
	Replica uint64
	// Listen is the address, host:port, where other nodes' commands arrive.
	Listen string
	// Shards is the number of shards that hold actors.
	Shards uint32
	// Logger receives what operators must know; nil = discard.
	Logger *slog.Logger
	// MaxBytesPerActor bounds what this node has in flight to one actor; over it, calls are refused as overloaded. A
	// call that timed out counts until the actor has taken it after all, for a minute at most. Zero = 2 MiB, two of the
	// largest messages.
	MaxBytesPerActor int
	// MaxCalls bounds what this node has in flight in all, counted alike; zero = 262,144.
	MaxCalls int64
	// OnOverload is told of each call that was refused as overloaded, and which bound it would have broken: ActorCalls or
	// NodeCalls. It must not block. Nil = nobody asks.
	OnOverload func(bound string)
}

// What OnOverload names.
const (
	// ActorCalls is MaxBytesPerActor.
	ActorCalls = "actor_calls"
	// NodeCalls is MaxCalls.
	NodeCalls = "node_calls"
)

// Node is this process's place in the cluster.
type Node struct {
	opts      Options
	host      string
	port      int
	system    *actor.ActorSystem
	cluster   *cluster.Cluster
	placement *placement
	calls     *calls
	stop      context.CancelFunc
	running   sync.WaitGroup
}

const (
	// never is long enough that gossip does nothing.
	never = 10 * 365 * 24 * time.Hour
)

// Start joins the cluster: it listens, and answers look-ups. Owners are spawned from Serve on. It takes a second, since
// protoactor sleeps that long.
func Start(opts Options) (*Node, error) {
	opts.ensureDefaults()
	n := &Node{opts: opts}
	if err := n.split(opts.Listen); err != nil {
		return nil, err
	}
	n.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet(opts.Logger) }))
	n.system.ID = opts.Name
	n.placement = newPlacement(n, opts.Shards)
	n.calls = newCalls(n)
	n.startMember()
	if err := n.calls.register(); err != nil {
		return nil, &im.Error{Op: "cluster.start", Err: err}
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.stop = cancel
	n.running.Go(func() { n.calls.sweep(ctx) })
	return n, nil
}

func (o *Options) ensureDefaults() {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBytesPerActor == 0 {
		o.MaxBytesPerActor = 2 << 20
	}
	if o.MaxCalls == 0 {
		o.MaxCalls = 1 << 18
	}
	if o.OnOverload == nil {
		o.OnOverload = func(string) {}
	}
}

func (n *Node) split(listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return &im.Error{Op: "cluster.start", Kind: im.Invalid, Err: err}
	}
	n.host = host
	if n.port, err = strconv.Atoi(port); err != nil || n.port < 1 || n.port > 65535 {
		return im.E("cluster.start", im.Invalid, "port of "+listen+" is not a number from 1 to 65535")
	}
	return nil
}

func (n *Node) startMember() {
	kinds := make([]*cluster.Kind, 0, len(actorKinds))
	for _, k := range actorKinds {
		// Activations are spawned by their shard's owner, so these props are never used.
		kinds = append(kinds, cluster.NewKind(k.String(), actor.PropsFromFunc(func(actor.Context) {})))
	}
	cfg := cluster.Configure("parley", &provider{node: n}, &lookup{node: n}, remote.Configure(n.host, n.port),
		cluster.WithKinds(kinds...), cluster.WithHeartbeatExpiration(never))
	cfg.GossipInterval = never
	n.cluster = cluster.New(n.system, cfg)
	n.cluster.StartMember()
}

// LeaderChanged records that replica leads shard in term; replica 0 = nobody. It does not block.
func (n *Node) LeaderChanged(shard im.ShardID, replica, term uint64) {
	n.placement.changed(shard, leadership{replica: replica, term: term})
	n.calls.forget(shard)
}

// Serve lets this node own the shards that it leads: spawn makes their owners, which must answer *pb.Activate and end
// after *pb.Resign.
func (n *Node) Serve(spawn func(shard im.ShardID, term uint64) *actor.Props) {
	n.placement.serve(spawn)
}

// Led returns how many shards this node owns.
func (n *Node) Led() int { return n.placement.led() }

// addressOf returns where replica's actors are, "" when it is unknown.
func (n *Node) addressOf(replica uint64) string {
	if replica != 0 && replica == n.opts.Replica {
		return n.system.Address()
	}
	return ""
}

// Stop ends all actors and leaves. Calls in flight are answered Unavailable.
func (n *Node) Stop() {
	n.stop()
	n.calls.close() // no look-up starts from here on, so that running can be waited for
	n.running.Wait()
	n.cluster.Gossip.Shutdown()
	n.cluster.Shutdown(false)
}
