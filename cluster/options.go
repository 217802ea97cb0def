package cluster

import (
	"log/slog"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Options says who this node is. All fields but Links, Logger and the limits are required.
type Options struct {
	// Name is the node's name, unique in the cluster.
	Name string
	// Replica is the number by which the log knows this node.
	Replica uint64
	// Members are the names of all nodes at first, this one among them, by the numbers that the log knows them by. See
	// Node.SetMembers.
	Members map[uint64]string
	// Links reach the other members; nil = there are none, and what another replica leads has no owner here.
	Links Sender
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
	// OnOverload is told of each call that was refused as overloaded, and which bound it would have broken: ActorCalls,
	// NodeCalls or LinkCalls. It must not block. Nil = nobody asks.
	OnOverload func(bound string)
}

// Sender is what carries frames to other nodes: the part of cluster/link that a Node needs.
type Sender interface {
	// Send takes f for the node of that name, encoded before it returns, and never blocks nor calls the Node. Frames to
	// one node arrive in the order in which they were taken, or, once the link was down, not at all. Its error says that
	// f was not taken, as an *im.Error: Overloaded for want of room, Unavailable without a link.
	Send(to string, f *pb.Frame) error
}

// What OnOverload names.
const (
	// ActorCalls is MaxBytesPerActor.
	ActorCalls = "actor_calls"
	// NodeCalls is MaxCalls.
	NodeCalls = "node_calls"
	// LinkCalls is what waits to be written to another node.
	LinkCalls = "link_calls"
)

// loopback is the address that protoactor takes for its own system's, whatever that is called.
const loopback = "nonhost"

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

func (o *Options) validate() error {
	const op = "cluster.start"
	if o.Shards == 0 {
		return im.E(op, im.Internal, "no shards")
	}
	if o.Replica == 0 || o.Members[o.Replica] != o.Name {
		return im.E(op, im.Internal, "the node "+o.Name+" is not the member of its replica number")
	}
	numbers := make(map[string]uint64, len(o.Members))
	for replica, name := range o.Members {
		switch other := numbers[name]; {
		case name == "":
			return im.E(op, im.Invalid, "a member has no name")
		case name == loopback && replica != o.Replica:
			return im.E(op, im.Invalid, "no node can be called "+loopback)
		case other != 0:
			return im.E(op, im.Invalid, "two members are called "+name)
		}
		numbers[name] = replica
	}
	return nil
}
