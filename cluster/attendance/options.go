package attendance

import (
	"log/slog"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Hub is the table of sessions of this node. It never blocks, but for Publish. Package hub has one.
type Hub interface {
	Deliver(user, teller im.Address, d *pb.Delivery)
	// Publish takes what an actor here says in a room, and may wait for the listeners.
	Publish(room im.Address, epoch im.Epoch, d *pb.Delivery)
	// Relay takes what an actor elsewhere says. What is too much is dropped.
	Relay(room im.Address, epoch im.Epoch, d *pb.Delivery)
	Listen(user im.Address, only bool, joined, left []im.RoomID)
	Announce(user im.Address, friends *pb.Announce)
	Proclaim(user im.Address, online bool, friends []im.UserID)
	Broadcast(app im.AppID, d *pb.Delivery)
	// Evict closes all sessions of a user or passenger, so that their clients come back.
	Evict(who im.Address)
}

// Links sends frames to other nodes, in order for each while its link is up.
type Links interface {
	// Send never blocks; the error is an *im.Error, and means that the frame will not arrive.
	Send(to string, f *pb.Frame) error
}

// Clock runs timers; a test moves one.
type Clock interface {
	// AfterFunc calls f in a goroutine of its own when d has passed, unless stop is called before.
	AfterFunc(d time.Duration, f func()) (stop func())
}

type systemClock struct{}

func (systemClock) AfterFunc(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

// Options configure New. Node, Shards, Hub and Nudge are required; so are Links and Peers if there are other nodes.
type Options struct {
	// Node is this node's name.
	Node string
	// Shards is the number of shards that hold actors.
	Shards uint32
	Hub    Hub
	Links  Links
	// Peers returns the names of all other nodes of the cluster; nil = there are none.
	Peers func() []string
	// Nudge asks an actor that is awake to look who is there, and one that sleeps if the nudge says so. It must not block. It
	// may be called with a lock of the hub held.
	Nudge func(*pb.Nudge)
	// Logger receives what operators must know; nil = discard.
	Logger *slog.Logger
	// Clock runs the timers; nil = the machine's.
	Clock Clock
}

func (o *Options) ensureDefaults() {
	if o.Peers == nil {
		o.Peers = func() []string { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
}

const (
	// GatherTime is how long a new owner waits for the tables of nodes that are not down.
	GatherTime = time.Second
	// AnswerTime is how long a node may take to answer, at least; up to a quarter more.
	AnswerTime = 2 * time.Second
	// missTime is how long the link to the owner may be down until sessions here may have missed something: by then the
	// owner goes on without them. lostTime is how long it does not: longer, by what one side may notice later than the other.
	missTime = time.Second
	lostTime = 2500 * time.Millisecond
	// awayTime is how long nobody must have been there since the table was settled until it is certain that a user is away: as
	// long as one without sessions is online. Who was on a node that died with the last owner may come back meanwhile.
	awayTime = 2 * time.Second
	// retryPause is the time until an announcement that was not taken is made again: the owner learns of its office
	// within that.
	retryPause = 20 * time.Millisecond
	// maxWaitingBytes bounds what a shard's actors say while its table is gathered. Overflow: deliveries and changes of
	// rooms end with im.Retry, the rest is dropped.
	maxWaitingBytes = 8 << 20
	// waitingCost is what one of them costs beside what it holds.
	waitingCost = 256
	// maxOpen bounds what one node has not answered. Overflow: im.Unavailable.
	maxOpen = 1 << 16
	// partSize is how many addresses one part of a whole table has; one part is on its way to an owner at a time.
	partSize = 1024
	// maxWaking is how many users' actors this node wakes at a time, when it has become an owner; a round tops them up, and
	// the next comes after wakeEvery. So it is 2,560 a second at most, and as many as can be loaded if those are fewer.
	maxWaking = 128
	wakeEvery = 50 * time.Millisecond
	// wakeRounds is after how many rounds, 2 s, an actor that has not woken is nudged again, behind all others; maxWakes how
	// often one is at all. One that does not wake then cannot be loaded.
	wakeRounds = 40
	maxWakes   = 5
)
