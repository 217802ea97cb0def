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
	a.look()
	a.box.flush(a)
	a.caughtUp()
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
	for _, e := range l.Untold {
		ev, err := decode(e)
		if err != nil {
			return err
		}
		a.owe(ev, l.Owed)
	}
	for _, e := range l.Tail {
		ev, err := decode(e)
		if err != nil {
			return err
		}
		a.core.Apply(ev)
		a.owe(ev, l.Owed)
		a.growth.add(len(e.Body))
	}
	a.head, a.stored = l.Head, l.Head.Seq
	a.blank.Store(l.Head.Seq == 0)
	a.growth.snapshot = len(l.Snapshot)
	if l.Owed.Last > 0 && a.box.empty() {
		a.host.opts.Journal.Told(a.addr, l.Owed.Last) // nothing is left to tell of it
	}
	return nil
}

func (a *activation) owe(ev core.Event, owed im.Owed) {
	if ev.Owes && owed.First > 0 && ev.Seq >= owed.First {
		a.box.add(ev.Seq, a.core.Tells(ev))
	}
}

func decode(e im.Entry) (core.Event, error) {
	body := &pb.Event{}
	if err := proto.Unmarshal(e.Body, body); err != nil {
		return core.Event{}, err
	}
	return core.Event{Seq: e.Seq, N: e.N, TS: e.TS, Message: e.N > 0, Owes: e.Owes, Body: body}, nil
}
