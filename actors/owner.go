package actors

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// owner is the parent of all activations of a shard in one term, and draws their activation numbers.
type owner struct {
	host  *Host
	shard im.ShardID
	term  uint64
	// numbers is shared with the activations, which draw a new one for each reset.
	numbers  *numbers
	children map[im.Address]*child
	// props are those of all activations: for each its own would be 240 bytes. They make spawning into the actor; none is made
	// twice, since activations survive their panics.
	props    *actor.Props
	spawning *activation
	// most is how many children there were at a time since their table was made.
	most int
	// retired activations are kept until they have sent their callers elsewhere.
	retired  []retiree
	resigned bool
	// looked is true once it has seen what was owed before its term.
	looked bool
	// rescanning is true while another look for owed tells is due.
	rescanning bool
	timer      *time.Timer
	doubts     doubts
	// covering holds those of children who are awake only to be covered; posted counts what is yet to be looked at.
	covering map[im.Address]struct{}
	posted   *atomic.Int64
}

type child struct {
	pid *actor.PID
	act *activation
}

type retiree struct {
	pid   *actor.PID
	until time.Time
}

// Messages of an owner to itself and from its activations.
type (
	tick    struct{}
	rescan  struct{}
	owedNow struct {
		addrs []im.Address
		err   error
	}
	// gone says that an activation retired: the next command gets a new one. owes says that it may have left something
	// untold.
	gone struct {
		addr im.Address
		pid  *actor.PID
		owes bool
	}
)

// ownerTick is how often an owner looks for idle activations, at most; with a short IdleAfter it looks more often.
const ownerTick = 5 * time.Second

// blankIdleAfter is how long an activation may be idle, at most, of an address without a log, or woken only to be covered.
const blankIdleAfter = time.Second

func newOwner(h *Host, shard im.ShardID, term uint64) *owner {
	o := &owner{
		host: h, shard: shard, term: term,
		numbers:  &numbers{term: term},
		children: map[im.Address]*child{},
		covering: map[im.Address]struct{}{},
		posted:   &atomic.Int64{},
	}
	o.props = h.props(func() actor.Actor { return o.spawning })
	return o
}

// Receive implements actor.Actor.
func (o *owner) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		o.started(ctx)
	case *pb.Activate:
		ctx.Respond(&pb.Activated{Actor: o.activate(ctx, m.Address.Addr())})
	case *pb.Nudge:
		o.pass(ctx, m)
	case *owedNow:
		o.wake(ctx, m)
	case *rescan:
		o.rescanning = false
		o.scanOwed(ctx)
	case *gone:
		o.forget(ctx, m)
	case *cover:
		o.cover(ctx, m)
	case *covered:
		delete(o.covering, m.addr)
	case *tick:
		o.tick(ctx)
	case *doubt:
		o.doubt(ctx, m)
	case *doubtNext:
		o.doubtNext(ctx)
	case *pb.Resign:
		o.resign(ctx)
	case *actor.Stopping:
		o.resigned = true // NB: what was queued is still received, and a child that begins now would be stopped by nobody
		o.timer.Stop()
		o.host.owners.remove(ctx.Self())
	}
}

func (o *owner) started(ctx actor.Context) {
	here := ownerHere{pid: ctx.Self(), shard: o.shard, term: o.term, posted: o.posted}
	o.host.owners.add(here, ctx.ActorSystem().Root)
	o.scanOwed(ctx)
	o.nextTick(ctx)
}

// scanOwed asks for the addresses that owe tells: what was committed before this term is told without anybody
// touching the actor.
func (o *owner) scanOwed(ctx actor.Context) {
	self, root := ctx.Self(), ctx.ActorSystem().Root
	o.host.opts.Journal.Owed(o.shard, func(addrs []im.Address, err error) {
		root.Send(self, &owedNow{addrs: addrs, err: err})
	})
}

func (o *owner) wake(ctx actor.Context, m *owedNow) {
	if o.resigned {
		return
	}
	if m.err != nil {
		o.host.opts.Logger.Warn("owed tells could not be listed; trying again", "shard", o.shard, "err", m.err)
		o.rescanLater(ctx)
		return
	}
	for _, addr := range m.addrs {
		o.activate(ctx, addr)
	}
	if !o.looked {
		o.looked = true
		o.host.looked.Add(1)
	}
}

// activate returns the name of the activation of addr, "" when this owner cannot have one.
func (o *owner) activate(ctx actor.Context, addr im.Address) string {
	if c := o.children[addr]; c != nil && !o.resigned {
		return c.pid.Id
	}
	return o.spawn(ctx, addr, false)
}

// spawn returns the name of a new activation, "" when there cannot be one. lone says that it is only to be covered.
func (o *owner) spawn(ctx actor.Context, addr im.Address, lone bool) string {
	if o.resigned || !addr.Valid() || o.host.opts.Cores[addr.Kind] == nil {
		return ""
	}
	act := newActivation(o, addr, ctx.Self(), lone)
	o.spawning = act
	pid, err := ctx.SpawnNamed(o.props, strconv.FormatUint(act.epoch.Activation, 10))
	o.spawning = nil
	if err != nil {
		o.host.opts.Logger.Error("activation could not be spawned", "addr", addr, "err", err)
		act.caughtUp()
		return ""
	}
	o.children[addr] = &child{pid: pid, act: act}
	o.most = max(o.most, len(o.children))
	return pid.Id
}

// pass hands a nudge on, unless its actor sleeps and is not to wake.
func (o *owner) pass(ctx actor.Context, n *pb.Nudge) {
	addr := n.To.Addr()
	if c := o.children[addr]; c != nil {
		ctx.Send(c.pid, n)
		return
	}
	switch {
	case n.GetAttend().GetWake():
		o.activate(ctx, addr) // it looks anyway when it has loaded
	case n.GetPresence().GetAsks() != nil:
		o.answerFor(ctx, addr, n.GetPresence())
	}
}

// answerFor answers for a user whose actor sleeps, if it is certain that nobody is there. Else whoever asks will ask again:
// the actor is yet to wake, unless it has ended before its time.
func (o *owner) answerFor(ctx actor.Context, addr im.Address, p *pb.Presence) {
	if o.resigned {
		return
	}
	if away, certain := o.host.answerAway(addr, p, o.shard, o.term); certain && !away {
		o.activate(ctx, addr)
	}
}

func (o *owner) forget(ctx actor.Context, m *gone) {
	if m.owes {
		o.rescanLater(ctx)
	}
	if c := o.children[m.addr]; c != nil && c.pid.Id == m.pid.Id {
		delete(o.children, m.addr)
		delete(o.covering, m.addr)
	}
	o.retired = append(o.retired, retiree{pid: m.pid, until: time.Now().Add(retireFor)})
}

// tick passivates what is idle and stops what has been retired for long enough.
func (o *owner) tick(ctx actor.Context) {
	elapsed := o.host.elapsed()
	for _, c := range o.children {
		if c.act.lastUsed.Load() < int64(elapsed-o.idleAfter(c.act)) {
			ctx.Send(c.pid, &retire{ifIdle: true})
		}
	}
	o.stopRetired(ctx, time.Now())
	o.letGo(ctx)
	if o.resigned && len(o.children) == 0 && len(o.retired) == 0 {
		ctx.Stop(ctx.Self())
		return
	}
	o.nextTick(ctx)
}

// idleAfter is how long an activation may be idle. Whoever asks for what does not exist must not fill the memory, nor what
// is only to be covered.
func (o *owner) idleAfter(a *activation) time.Duration {
	if a.blank.Load() || a.lone.Load() {
		return min(o.host.opts.IdleAfter, blankIdleAfter)
	}
	return o.host.opts.IdleAfter
}

func (o *owner) nextTick(ctx actor.Context) {
	self, root := ctx.Self(), ctx.ActorSystem().Root
	o.timer = time.AfterFunc(o.pause(), func() { root.Send(self, &tick{}) })
}

func (o *owner) pause() time.Duration {
	return min(ownerTick, max(o.host.opts.IdleAfter/4, 10*time.Millisecond))
}

// rescanLater looks for owed tells again after a pause, once for all that ask meanwhile.
func (o *owner) rescanLater(ctx actor.Context) {
	if o.resigned || o.rescanning {
		return
	}
	o.rescanning = true
	self, root := ctx.Self(), ctx.ActorSystem().Root
	time.AfterFunc(o.pause(), func() { root.Send(self, &rescan{}) })
}

// resign retires all: what is queued is answered with Retry, and goes to the new owner.
func (o *owner) resign(ctx actor.Context) {
	o.resigned = true
	for _, c := range o.children {
		ctx.Send(c.pid, &retire{})
	}
}

// numbers draws the epochs of a shard's activations within one term. It is used by the owner and its activations, which
// may run at the same time.
type numbers struct {
	term uint64
	last atomic.Uint64
}

func (n *numbers) next() im.Epoch { return im.Epoch{Term: n.term, Activation: n.last.Add(1)} }
