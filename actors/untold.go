package actors

import (
	"slices"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
)

// oweUntold fills the outbox with what is owed of entries that the snapshot covers. The snapshot is of a later time, and who
// is to be told may depend on the time: of a group's message those who were members then. So the entries are gone through
// backwards, from the snapshot's state on, and each is taken back.
func (a *activation) oweUntold(l *im.Load) error {
	if len(l.Untold) == 0 {
		return nil
	}
	past, rewind, err := a.past(l.Snapshot)
	if err != nil {
		return err
	}
	var owed []owedTells
	for _, e := range slices.Backward(l.Untold) {
		ev, err := decode(e)
		if err != nil {
			return err
		}
		if owes(ev, l.Owed) {
			owed = append(owed, owedTells{ev.Seq, tellsOf(past, ev)})
		}
		rewind(ev)
	}
	for _, o := range slices.Backward(owed) {
		a.box.add(o.seq, o.tells)
	}
	return nil
}

// past returns a core that may be taken back, and what does that: another one than the activation's if there is anything to
// take back.
func (a *activation) past(snapshot []byte) (past core.Core, rewind func(core.Event), err error) {
	if _, ok := a.core.(core.Rewinder); !ok {
		return a.core, func(core.Event) {}, nil
	}
	past = a.fresh()
	return past, past.(core.Rewinder).Rewind, past.Unmarshal(snapshot)
}
