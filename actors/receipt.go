package actors

import (
	"time"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// receipt is what an activation waits for after it emitted: hubs that have not taken it yet.
type receipt struct {
	// done is what the hub calls; it sends taken to the activation.
	done func(error)
	// open counts the calls of done that are to come.
	open int
	// err is the first that was said.
	err error
	// then is called once nothing is open.
	then func(err error)
}

// taken says that a hub has taken, or could not take, a part of what was emitted. It may come at any time: what waits is
// stored already, or rests on nothing that is.
type taken struct {
	of  *receipt
	err error
}

func (a *activation) newReceipt() *receipt {
	r := &receipt{}
	self, root := a.self, a.root
	r.done = func(err error) { root.Send(self, &taken{of: r, err: err}) }
	return r
}

// note keeps what a call of the hub returned.
func (r *receipt) note(later bool, err error) {
	if later {
		r.open++
	}
	if r.err == nil {
		r.err = err
	}
}

// emit hands out to the hub and to actors that are awake. It returns nil when the hubs have taken all of it, else what
// they still owe; see settle.
func (a *activation) emit(out *core.Out) *receipt {
	r := a.emitToSessions(out)
	hub := a.host.opts.Hub
	for _, d := range out.Publish {
		hub.Publish(a.addr, a.epoch, d)
	}
	a.emitNow(out)
	for _, friends := range out.Announce {
		a.announce(friends)
	}
	if p := out.Proclaim; p != nil {
		hub.Proclaim(a.addr, p.Online, p.Friends)
	}
	a.nudge(out.Nudge)
	if r == nil || r.open == 0 && r.err == nil {
		return nil
	}
	return r
}

// emitNow hands out what is so of friends by now.
func (a *activation) emitNow(out *core.Out) {
	if attender, ok := a.core.(core.Attender); ok && (out.AllFriends || out.Met != "") {
		now := attender.Now(out.AllFriends, out.Met)
		a.emit(&now)
	}
}

// emitToSessions says what must be taken, and returns the receipt; nil = it said nothing. NB: after a delivery that could not be
// handed out, none follows. Sessions remember the highest number of each teller, and would drop this one when it is told again.
func (a *activation) emitToSessions(out *core.Out) (r *receipt) {
	if out.Listen == nil && len(out.Deliver) == 0 {
		return nil
	}
	hub := a.host.opts.Hub
	r = a.newReceipt()
	if l := out.Listen; l != nil {
		r.note(hub.Listen(a.addr, l.Only, l.Joined, l.Left, r.done))
	}
	for _, d := range out.Deliver {
		if r.err != nil {
			break
		}
		r.note(hub.Deliver(a.addr, d.Teller, d.Body, r.done))
	}
	return r
}

// settle calls then once the hubs have taken what r stands for, with the first error if they could not.
func (a *activation) settle(r *receipt, then func(error)) {
	r.then = then
	a.unsettled++
	a.settleIfDone(r)
}

func (a *activation) taken(m *taken) {
	r := m.of
	r.note(false, m.err)
	r.open--
	a.settleIfDone(r)
}

func (a *activation) settleIfDone(r *receipt) {
	if r.open > 0 || r.then == nil {
		return
	}
	a.unsettled--
	then, err := r.then, r.err
	r.then, r.err = nil, nil
	then(err)
}

// answerTaken answers a command once the hubs have taken what it led to. If one could not, whoever sent the command must
// send it again: sessions drop what they have had, and cores what they know.
func (a *activation) answerTaken(env envelope, reply *pb.Reply, r *receipt) {
	a.settle(r, func(err error) {
		if err != nil {
			a.fail(env, &im.Error{Op: "actors.emit", Kind: retryKind(err), Err: err})
			return
		}
		a.answer(env, reply)
	})
}

// retryKind is the kind of error for a command whose effect has not reached all sessions: nothing went out, or something may
// have.
func retryKind(err error) im.ErrorKind {
	if im.KindOf(err) == im.Retry {
		return im.Retry
	}
	return im.Unavailable
}

// emitUnasked emits what no command led to. There is nobody who would ask again when a hub could not take it, so the
// activation makes sure itself that all is as it should be.
func (a *activation) emitUnasked(out *core.Out) {
	r := a.emit(out)
	if r == nil {
		return
	}
	a.settle(r, func(err error) {
		if err != nil {
			a.lookLater()
		}
	})
}

// lookLater has the activation tell its core anew who is there, and the hubs what the core says to that.
func (a *activation) lookLater() {
	self, root := a.self, a.root
	time.AfterFunc(lookPause, func() { root.Send(self, &lookAnew{}) })
}
