package actors

import (
	"fmt"
	"runtime/debug"

	"github.com/parley-im/parley/im"
)

// guard turns a panic of the core into an error for this command and a reset: the state may be half changed.
func (a *activation) guard(run func(), env envelope) {
	defer func() {
		if r := recover(); r != nil {
			a.host.opts.Logger.Error("actor panicked", "addr", a.addr, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			a.fail(env, im.E("actors.run", im.Internal, ""))
			a.reset()
		}
	}()
	run()
}

// survive ends the activation after a panic outside of a command: while the state was folded, or was told of presence.
// Left to protoactor, it would be restarted a few times and then be stopped for good, under a name that the owner goes on
// handing out. So those who wait are answered, and the next command gets another activation.
func (a *activation) survive() {
	r := recover()
	if r == nil {
		return
	}
	a.host.opts.Logger.Error("actor panicked", "addr", a.addr, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
	a.unreadable(im.E("actors.receive", im.Internal, ""))
}

// idle reports whether nothing is in flight, and nobody is there who would miss the actor.
func (a *activation) idle() bool {
	return a.phase == live && len(a.writes) == 0 && len(a.reads) == 0 && len(a.held) == 0 && a.unsettled == 0 && a.box.empty() &&
		!a.looking && !a.covering && !a.online && !a.awaits() && !a.host.opts.Hub.Attended(a.addr)
}

// retire sends everything unanswered back, and whatever comes later too, so that no command is lost when the actor is
// stopped.
func (a *activation) retire() {
	if a.phase == retired {
		return
	}
	owes := a.phase == loading || !a.box.empty() || len(a.writes) > 0
	a.abandon()
	for _, env := range a.takeWaiting() {
		a.fail(env, im.E("actors.retire", im.Retry, ""))
	}
	a.phase = retired
	a.uncount()
	a.epoch = im.Epoch{}
	a.core = nil
	a.box = outbox{}
	a.caughtUp()
	a.root.Send(a.owner, &gone{addr: a.addr, pid: a.self, owes: owes})
}

func (a *activation) uncount() {
	if a.counted {
		a.host.active[a.addr.Kind].Add(-1)
		a.counted = false
	}
}

// reset starts the activation over in place, after an append that was not stored: its queued entries leave the log's
// queue, commands that were decided go back to their callers, those that wait are decided over the state as it is.
func (a *activation) reset() {
	a.abandon()
	a.begin()
	a.load()
}

// abandon gives back what the current epoch has not released.
func (a *activation) abandon() {
	a.fence.Lower()
	again := im.E("actors.reset", im.Retry, "")
	for _, w := range a.writes {
		a.fail(w.env, again)
	}
	for _, r := range a.reads {
		a.fail(r.env, again)
	}
	a.writes, a.reads, a.confirming, a.pendingIDs = nil, nil, 0, nil
	a.releaseHeld(a.head.Seq) // stored already: only their tells are open, and the log knows them
}

func (a *activation) takeWaiting() []envelope {
	w := a.waiting
	a.waiting = nil
	return w
}
