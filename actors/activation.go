package actors

import (
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// phase is where an activation is in its life.
type phase uint8

const (
	// loading: state is being read; commands wait.
	loading phase = iota
	// live: commands are decided as they come.
	live
	// retired: every command is sent back with Retry; the next one sent anew gets another activation.
	retired
)

// activation is one virtual actor at work. All fields but the atomic ones belong to its Receive.
type activation struct {
	host    *Host
	addr    im.Address
	shard   im.ShardID
	numbers *numbers
	owner   *actor.PID
	self    *actor.PID
	root    *actor.RootContext
	// lastUsed is when the last command came, in nanoseconds of the host's elapsed time; read by the owner.
	lastUsed atomic.Int64
	// blank is true while the address has no log: nobody will miss what was loaded of it. Read by the owner.
	blank atomic.Bool
	// lone is true while nothing has come for the activation but to be covered: until then it does not look who is there.
	// Read by the owner.
	lone atomic.Bool

	phase phase
	// counted is true while the activation is part of Host.Active.
	counted bool
	// behind is true while the activation is part of what Host.CaughtUp waits for.
	behind bool
	epoch  im.Epoch
	// fence voids what this epoch has queued in the log.
	fence *im.Fence
	core  core.Core

	// head is the speculative end of the log: events up to head.Seq are applied to core.
	head im.Head
	// stored is the seq up to which the log has answered. Invariant: stored <= head.Seq.
	stored uint64
	// snapSeq is the seq up to which a snapshot covers the events, as far as the log has answered.
	snapSeq uint64
	// live is the stamp of the last message that was published without being stored.
	live im.Millis

	// looking is true from the load of the state until it is certain who is there.
	looking bool
	// online is what the core was told of its user's sessions. It outlives resets.
	online bool
	// proclaimed is true while those who are no friends believe the user online. It outlives resets.
	proclaimed bool
	// leaving is when a user without sessions counts as offline, by the host's elapsed time; zero while there are some.
	leaving time.Duration
	// reminding is the pause after which friends are asked again who have not answered, zero when nobody is to be.
	reminding time.Duration
	// leftUnheard is true when a core that was reset had not heard of all friends that they know that the user went.
	leftUnheard bool
	// unheard is true when sessions may have missed what was announced.
	unheard bool

	// work is nil between two messages when there is none.
	*work
	// unsettled counts the receipts that something is open of. They outlive resets, and retirement.
	unsettled int
	growth    growth
	// snapping is true while a snapshot is under way.
	snapping bool
	// coverDue is true while a snapshot is to be made once the state is there; covering while one is under way.
	coverDue, covering bool
}

// envelope is a command with the one to answer; a nil sender wants no answer.
type envelope struct {
	cmd    *pb.Command
	sender *actor.PID
}

// Messages of an activation to itself. Those with an epoch are void once the activation has another one.
type (
	loaded struct {
		epoch im.Epoch
		load  im.Load
		err   error
	}
	committed struct {
		epoch   im.Epoch
		seq     uint64
		outcome im.Outcome
	}
	confirmed struct {
		epoch im.Epoch
		err   error
	}
	told struct {
		epoch im.Epoch
		to    im.Address
		err   error
	}
	tellAgain struct {
		epoch im.Epoch
		to    im.Address
	}
	// settled says that it is certain who is there, or that nobody will know soon.
	settled struct {
		epoch im.Epoch
		err   error
	}
	// remind says that friends who have not answered are to be asked again.
	remind      struct{ epoch im.Epoch }
	heldTooLong struct{ seq uint64 }
	attendAgain struct{}
	lookAnew    struct{}
	// retire ends the activation; ifIdle only when it has nothing to do.
	retire struct{ ifIdle bool }
)

func newActivation(o *owner, addr im.Address, self *actor.PID, lone bool) *activation {
	h, behind := o.host, !o.looked
	a := &activation{host: h, addr: addr, shard: o.shard, numbers: o.numbers, owner: self, behind: behind, coverDue: lone}
	a.lone.Store(lone)
	if behind {
		h.behind.Add(1)
	}
	a.lastUsed.Store(int64(h.elapsed()))
	a.begin()
	return a
}

// begin draws a new epoch; what the old one left in flight no longer counts.
func (a *activation) begin() {
	a.phase = loading
	a.leftUnheard = a.leftUnheard || !a.online && a.awaits()
	a.epoch = a.numbers.next()
	a.fence = &im.Fence{}
	a.core = a.fresh()
	a.head, a.stored, a.snapSeq = im.Head{}, 0, 0
	if a.work != nil {
		a.box = outbox{}
	}
	a.growth, a.snapping = growth{}, false
	a.coverDue, a.covering = a.coverDue || a.covering, false
	a.reminding, a.unheard = 0, false
}

// fresh returns the core before its first event.
func (a *activation) fresh() core.Core { return a.host.opts.Cores[a.addr.Kind](a.addr) }

// Receive implements actor.Actor.
func (a *activation) Receive(ctx actor.Context) {
	a.takeUp()
	defer a.putDown()
	defer a.survive()
	switch m := ctx.Message().(type) {
	case *actor.Started:
		a.started(ctx)
	case *pb.Command:
		a.lastUsed.Store(int64(a.host.elapsed()))
		a.join()
		a.accept(envelope{cmd: m, sender: ctx.Sender()})
	case *pb.Nudge:
		// One that is joined has looked, or will, as after a load.
		if !a.join() || m.GetPresence() != nil {
			a.nudged(m)
		}
	case *cover:
		a.cover()
	case *snapshotted:
		if m.epoch == a.epoch {
			a.snapshotted(m)
		}
	case *loaded:
		if m.epoch == a.epoch {
			a.restored(m)
		}
	case *committed:
		if m.epoch == a.epoch {
			a.committed(m)
		}
	case *confirmed:
		if m.epoch == a.epoch {
			a.confirmed(m.err)
		}
	case *told:
		if m.epoch == a.epoch {
			a.toldAnswer(m)
		}
	case *tellAgain:
		if m.epoch == a.epoch {
			a.tellAgain(m.to)
		}
	case *settled:
		if m.epoch == a.epoch {
			a.settled(m.err)
		}
	case *taken:
		a.taken(m)
	case *attendAgain:
		a.attend()
	case *doubt:
		a.doubt(m)
	case *remind:
		if m.epoch == a.epoch {
			a.remind()
		}
	case *lookAnew:
		a.look()
	case *heldTooLong:
		a.releaseHeld(m.seq)
	case *retire:
		if !m.ifIdle || a.idle() {
			a.retire()
		}
	case *actor.Stopped:
		a.uncount()
		a.caughtUp()
	}
}

func (a *activation) started(ctx actor.Context) {
	a.self, a.root = ctx.Self(), ctx.ActorSystem().Root
	a.host.active[a.addr.Kind].Add(1)
	a.counted = true
	a.load()
}

// accept decides cmd, or keeps it until the state is there.
func (a *activation) accept(env envelope) {
	switch a.phase {
	case loading:
		a.waiting = append(a.waiting, env)
	case live:
		a.guard(func() { a.run(env) }, env)
	case retired:
		a.fail(env, im.E("actors.accept", im.Retry, ""))
	}
}

// run decides one command against the speculative state.
func (a *activation) run(env envelope) {
	if a.repeated(env) {
		return
	}
	// NB: the log refuses stamps of what it has sealed. Those of an actor that starts over after that are later.
	now := max(a.host.opts.Now(), a.host.opts.Journal.Sealed(a.addr), a.head.TS+1, a.live+1)
	d, err := a.core.Decide(env.cmd, now)
	switch {
	case err != nil:
		a.refuse(env, err)
	case len(d.Events) > 0:
		a.write(env, d, now)
	case d.Loose:
		if len(d.Out.Publish) > 0 {
			a.live = now
		}
		a.follow(env, d)
	default:
		a.read(env, orEmpty(d.Reply))
	}
}

// refuse answers a rejection. One that rests on the state is a read of it like any other.
func (a *activation) refuse(env envelope, err error) {
	switch im.KindOf(err) {
	case im.Invalid, im.Unsupported, im.Internal:
		a.fail(env, err)
	default:
		a.read(env, pb.NewError(err))
	}
}

func (a *activation) fail(env envelope, err error) { a.answer(env, pb.NewError(err)) }

// answer sends reply, which must not be shared: it gets the call's number.
func (a *activation) answer(env envelope, reply *pb.Reply) {
	if env.sender == nil {
		return
	}
	reply.Call = env.cmd.Call
	if p := reply.GetProfile(); p != nil {
		p.Sessions = uint32(a.host.opts.Hub.Sessions(a.addr))
		p.Online = a.online || p.Sessions > 0
	}
	a.root.Send(env.sender, reply)
}

func orEmpty(reply *pb.Reply) *pb.Reply {
	if reply == nil {
		return &pb.Reply{}
	}
	return reply
}
