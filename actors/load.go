package actors

import (
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// load asks the log for the state; the answer comes as a message.
func (a *activation) load() {
	epoch := a.epoch
	a.host.opts.Journal.Load(a.addr, func(l im.Load, err error) {
		a.root.Send(a.self, &loaded{epoch: epoch, load: l, err: err})
	})
}

// restored folds what was read, takes up what is owed, and decides the commands that waited.
func (a *activation) restored(m *loaded) {
	if m.err != nil {
		a.unreadable(m.err)
		return
	}
	if err := a.fold(m.load); err != nil {
		a.host.opts.Logger.Error("stored state is unreadable", "addr", a.addr, "err", err)
		a.unreadable(&im.Error{Op: "actors.load", Kind: im.Internal, Err: err})
		return
	}
	a.phase = live
	if !a.lone.Load() {
		a.look()
	}
	a.box.flush(a)
	a.caughtUp()
	if a.coverDue {
		a.coverNow()
	}
	for _, env := range a.takeWaiting() {
		a.accept(env) // a reset in the middle puts the rest back into waiting
	}
}

// unreadable answers those who wait, and retires: the next command tries with another activation.
func (a *activation) unreadable(err error) {
	for _, env := range a.takeWaiting() {
		a.fail(env, err)
	}
	a.retire()
}

// fold makes the state from snapshot and tail, and the outbox from the entries that are owed.
func (a *activation) fold(l im.Load) error {
	if l.Snapshot != nil {
		if err := a.core.Unmarshal(l.Snapshot); err != nil {
			return err
		}
	}
	if err := a.oweUntold(&l); err != nil {
		return err
	}
	for _, e := range l.Tail {
		ev, err := decode(e)
		if err != nil {
			return err
		}
		a.core.Apply(ev)
		if owes(ev, l.Owed) {
			a.box.add(ev.Seq, tellsOf(a.core, ev))
		}
		a.growth.add(len(e.Body))
	}
	a.head, a.stored, a.snapSeq = l.Head, l.Head.Seq, l.Head.SnapSeq
	a.blank.Store(l.Head.Seq == 0)
	a.growth.snapshot = len(l.Snapshot)
	if l.Owed.Last > 0 && a.box.empty() {
		a.host.opts.Journal.Told(a.addr, l.Owed.Last) // nothing is left to tell of it
	}
	return nil
}

// owes reports whether ev is owed.
func owes(ev core.Event, owed im.Owed) bool { return ev.Owes && owed.First > 0 && ev.Seq >= owed.First }

// tellsOf returns what c tells of ev. Of a message that is older than the window there is nothing left to tell.
func tellsOf(c core.Core, ev core.Event) []core.Tell {
	if ev.Body == nil {
		return nil
	}
	return c.Tells(ev)
}

// decode returns the event of e, without a body if e is a message that is older than the window.
func decode(e im.Entry) (core.Event, error) {
	ev := core.Event{Seq: e.Seq, N: e.N, TS: e.TS, Message: e.N > 0, Owes: e.Owes}
	if ev.Message && len(e.Body) == 0 {
		return ev, nil
	}
	ev.Body = &pb.Event{}
	if err := proto.Unmarshal(e.Body, ev.Body); err != nil {
		return core.Event{}, err
	}
	return ev, nil
}
