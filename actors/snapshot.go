package actors

import "github.com/parley-im/parley/im"

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

// snapshotIfGrown queues the speculative state behind the appends that lead to it. The log refuses it when they were
// not stored, so that it cannot become true by itself.
func (a *activation) snapshotIfGrown() {
	if !a.growth.due() {
		return
	}
	state := a.core.Marshal()
	err := a.host.opts.Journal.Snapshot(a.addr, a.epoch, a.head.Seq, a.head.TS, state, func(im.Outcome) {})
	if err != nil {
		a.growth.events = 0 // no room: tried again after as many events, since to make one costs what the state weighs
		return
	}
	a.growth = growth{snapshot: len(state)}
}
