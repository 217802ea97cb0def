package actors

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/mailbox"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Journal is the replicated log, as activations need it. No method blocks, but Lookup, which reads the local store.
// Every done is called exactly once, from another goroutine.
type Journal interface {
	// Append queues entries; an error (Overloaded) means that nothing was queued and Done is not called.
	Append(a im.Append) error
	// Snapshot queues the state as of seq, stamped ts, behind the appends before it.
	Snapshot(addr im.Address, epoch im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome)) error
	// Told says that nothing up to through is owed any more. It may be forgotten in a crash.
	Told(addr im.Address, through uint64)
	// Load reads what an activation starts from, behind a barrier.
	Load(addr im.Address, done func(im.Load, error))
	// Confirm answers nil when, after a barrier, addr's log holds nothing that this epoch has not seen at seq.
	Confirm(addr im.Address, seq uint64, epoch im.Epoch, done func(error))
	// Lookup finds a command by its id, if it is stored.
	Lookup(addr im.Address, id string) (im.StoredAt, bool, error)
	// Sealed is the stamp that an entry of addr must have at least: the log refuses older ones. It reads no disk.
	Sealed(addr im.Address) im.Millis
	// Owed lists the addresses of a shard that owe tells.
	Owed(shard im.ShardID, done func([]im.Address, error))
}

// Caller sends commands to other actors by their address. It never blocks; done is called exactly once and must not
// block either.
type Caller interface {
	Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply))
	// Nudge sends n to its actor if that is awake, or n wakes it. Nudges of one actor to another keep their order; any may be lost.
	Nudge(n *pb.Nudge)
}

// Hub knows the sessions, on whichever node they are. It never blocks. What one actor hands it reaches a session in the
// order of the calls.
//
// Some methods take a done. They return later = false, err = nil when all is done already; err when it is not, and never
// will be; later = true when done is to be called, once, from any goroutine, also before the method returns. In both cases the
// error is im.Retry when nothing went out, or im.Unavailable.
type Hub interface {
	// Deliver hands a message to the sessions of a user, and drops what a session has had. It is done when every session that
	// was there has it, or has been told to come back.
	Deliver(user, teller im.Address, d *pb.Delivery, done func(error)) (later bool, err error)
	// Listen says which rooms the sessions of a user listen to: to joined, and not to left; with only, to no others. It is
	// done when what is said in joined from then on is heard, and what is said in left is not.
	Listen(user im.Address, only bool, joined, left []im.RoomID, done func(error)) (later bool, err error)
	// Settle is done when it is certain who is there for addr: not at once after its owner came to be.
	Settle(addr im.Address, done func(error)) (later bool, err error)
	// TakeOver returns, once, what sessions a user had before this node became its owner, or before its actors could know; the
	// activation that asks answers for the user from then on. Nothing = none, or friends know that they went.
	TakeOver(user im.Address) im.Interest
	// Publish hands a live message to the sessions that listen to a room. epoch is that of the room's activation.
	Publish(room im.Address, epoch im.Epoch, d *pb.Delivery)
	// Announce says to the sessions of a user which friends are online; they hear what they do not know. It keeps friends, and
	// writes the user and the term into it. An error says that sessions may not hear of it.
	Announce(user im.Address, friends *pb.Announce) error
	// Away reports whether nobody is there of a user, and has not been for as long as a user without sessions is online;
	// certain = false when that is not known yet, or an activation is to be woken that will.
	Away(user im.Address) (away, certain bool)
	// Proclaim tells the sessions of all others in the user's app, apart from those of friends, that the user came online
	// or went offline.
	Proclaim(user im.Address, online bool, friends []im.UserID)
	// NotifiesAll reports whether a session of a user asks for that.
	NotifiesAll(user im.Address) bool
	// Attended reports whether there are sessions of a user, or that listen to a room. False for any other address.
	Attended(addr im.Address) bool
	// Sessions returns how many admitted sessions a user has.
	Sessions(user im.Address) int
}

// Options says what a Host needs. Journal, Caller, Hub and Cores are required.
type Options struct {
	Journal Journal
	Caller  Caller
	Hub     Hub
	// Cores makes the fresh state of an address, by kind. A kind that is absent has no actors.
	Cores map[im.Kind]func(im.Address) core.Core
	// Shards is how many shards there are for actors. Zero = Cover does nothing.
	Shards uint32
	// Now reads the clock; nil = the machine's.
	Now func() im.Millis
	// Logger receives what operators must know; nil = discard.
	Logger *slog.Logger
	// IdleAfter is how long an activation lives without a command and without sessions; zero = 2 minutes.
	IdleAfter time.Duration
	// OfflineAfter is how long a user without sessions still counts as online; zero = 2 s, which a reconnect takes.
	OfflineAfter time.Duration
	// RemindAfter is the pause after which friends are asked again who have not said how they are; it doubles. Zero = 500 ms.
	RemindAfter time.Duration
	// DoubtAfter is the time from the news that a shard has another owner until actors doubt what they heard of its users from
	// an earlier one. Zero = 3 s: by then those who are there were found and woken, and have said so, as a rule.
	DoubtAfter time.Duration
	// MaxUntoldBytes bounds what an activation has to tell and could not yet; over it, commands that would add to it
	// are refused as overloaded. Zero = 4 MiB: some seconds of a hot conversation.
	MaxUntoldBytes int
	// OnUntold is called for each command that was refused because of MaxUntoldBytes. It must not block. Nil = nobody
	// asks.
	OnUntold func()
}

const (
	// snapshotEvery is the least number of events between two snapshots of an address.
	snapshotEvery = 64
	// tellTimeout bounds one attempt to tell; it is then repeated.
	tellTimeout = 2 * time.Second
	// maxTellBackoff is the longest pause between two attempts.
	maxTellBackoff = time.Second
	// holdReply is how long a reply waits for its tells.
	holdReply = time.Second
	// lookPause is the time until an activation asks a hub again that could not answer.
	lookPause = 100 * time.Millisecond
	// maxRemindPause is the longest pause until friends are asked again who have not answered.
	maxRemindPause = 4 * time.Second
	// doubtBatch is how many actors of a shard doubt at a time, and doubtEvery the pause until the next do.
	doubtBatch = 256
	doubtEvery = 50 * time.Millisecond
	// retireFor is how long a retired activation stays to send its callers elsewhere: longer than any command travels.
	retireFor = 10 * time.Second
	// maxTellItems and maxTellBytes bound one tell. They must let a hot conversation keep up while its mailbox is full:
	// the answer to a tell waits behind a thousand commands, and by then a thousand messages are to be told.
	maxTellItems = 4096
	maxTellBytes = 1 << 20
)

// Host holds what the activations of a node share.
type Host struct {
	opts   Options
	began  time.Time
	active [256]atomic.Int64 // by im.Kind
	// looked is how many owners have looked for what was owed before them, behind how many actors that owed something then
	// have yet to tell it.
	looked, behind atomic.Int64
	owners         owners
	terms          terms
	dispatcher     dispatcher
}

// NewHost returns a Host.
func NewHost(opts Options) *Host {
	if opts.Now == nil {
		opts.Now = func() im.Millis { return im.At(time.Now()) }
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.IdleAfter == 0 {
		opts.IdleAfter = 2 * time.Minute
	}
	if opts.OfflineAfter == 0 {
		opts.OfflineAfter = 2 * time.Second
	}
	if opts.RemindAfter == 0 {
		opts.RemindAfter = 500 * time.Millisecond
	}
	if opts.DoubtAfter == 0 {
		opts.DoubtAfter = 3 * time.Second
	}
	if opts.MaxUntoldBytes == 0 {
		opts.MaxUntoldBytes = 4 << 20
	}
	if opts.OnUntold == nil {
		opts.OnUntold = func() {}
	}
	return &Host{opts: opts, began: time.Now()}
}

// elapsed is the monotonic time since the Host was made: unlike a wall clock it never jumps.
func (h *Host) elapsed() time.Duration { return time.Since(h.began) }

// Owner returns what spawns the owner of a shard in a term. The owner answers *pb.Activate, and ends after *pb.Resign.
func (h *Host) Owner(shard im.ShardID, term uint64) *actor.Props {
	return h.props(func() actor.Actor { return newOwner(h, shard, term) })
}

func (h *Host) props(producer actor.Producer) *actor.Props {
	return actor.PropsFromProducer(producer, actor.WithDispatcher(&h.dispatcher), actor.WithMailbox(mailbox.New))
}

// CaughtUp reports whether that many owners have begun, and what was committed before them has been told, or is told by another
// one. A node that is alone waits for it: whoever logs in meanwhile would hear again what was told just before a crash.
func (h *Host) CaughtUp(owners int) bool {
	return h.looked.Load() >= int64(owners) && h.behind.Load() == 0
}

// Active returns the number of activations by kind.
func (h *Host) Active() map[im.Kind]int64 {
	n := make(map[im.Kind]int64, len(h.opts.Cores))
	for kind := range h.opts.Cores {
		n[kind] = h.active[kind].Load()
	}
	return n
}
