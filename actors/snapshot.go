package actors

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
)

// growth tells when a snapshot is due: when the events since the last one outweigh it.
type growth struct {
	events   int
	bytes    int
	snapshot int // bytes of the last snapshot
}

func (g *growth) add(bytes int) {
	g.events++
	g.bytes += bytes
}

func (g *growth) due() bool { return g.events >= snapshotEvery && g.bytes >= g.snapshot }

// refused notes that a snapshot of so many bytes was made in vain: the next one is due after as many events as ever, and an eighth
// of what it weighs, since to make one costs that.
func (g *growth) refused(bytes int) {
	*g = growth{bytes: bytes - bytes/8, snapshot: bytes}
}

// snapshotted is the log's answer to a snapshot.
type snapshotted struct {
	epoch   im.Epoch
	seq     uint64
	outcome im.Outcome
}

// snapshotIfGrown makes a snapshot when one is due and none is under way: a large one takes a while.
func (a *activation) snapshotIfGrown() {
	if a.growth.due() && !a.snapping {
		_ = a.snapshot() // no room: tried again later
	}
}

// snapshot queues the speculative state behind the appends that lead to it. The log refuses it when they were not
// stored, so that it cannot become true by itself.
func (a *activation) snapshot() error {
	self, root, epoch, seq := a.self, a.root, a.epoch, a.head.Seq
	state := a.core.Marshal()
	err := a.host.opts.Journal.Snapshot(a.addr, epoch, seq, a.head.TS, state, func(o im.Outcome) {
		root.Send(self, &snapshotted{epoch: epoch, seq: seq, outcome: o})
	})
	if err != nil {
		a.growth.refused(len(state))
		return err
	}
	a.growth = growth{snapshot: len(state)}
	a.snapping = true
	return nil
}

// covered notes that a snapshot of so many bytes covers all up to seq, once that is stored.
func (a *activation) covered(seq uint64, bytes int) {
	a.snapSeq, a.growth = seq, growth{snapshot: bytes}
}

// snapshotted takes the log's answer.
func (a *activation) snapshotted(m *snapshotted) {
	a.snapping = false
	if m.outcome == im.Stored {
		a.snapSeq = max(a.snapSeq, m.seq)
	}
	a.coverDone()
}

// final returns the state that d's events lead to, if they end the actor; nil if they do not, or it is too large for the log
// to keep with them. The events are not applied: the log may refuse them.
func (a *activation) final(d core.Decision) []byte {
	if !d.Gone {
		return nil
	}
	after := a.fresh()
	if err := after.Unmarshal(a.core.Marshal()); err != nil {
		panic("actors: a snapshot cannot be read: " + err.Error())
	}
	for _, ev := range d.Events {
		after.Apply(ev)
	}
	final := after.Marshal()
	if len(final) > im.MaxFinal {
		a.host.opts.Logger.Error("state of what was deleted is too large; it is kept", "addr", a.addr, "bytes", len(final))
		return nil
	}
	return final
}
