package actors

import (
	"maps"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
)

// fewChildren is how many children a table may have room for without being too large for any number of them.
const fewChildren = 64

// stopRetired stops what has been retired for long enough.
func (o *owner) stopRetired(ctx actor.Context, now time.Time) {
	n := 0
	for n < len(o.retired) && o.retired[n].until.Before(now) {
		ctx.Stop(o.retired[n].pid)
		n++
	}
	if o.retired = dropFront(o.retired, n); len(o.retired) == 0 {
		o.retired = nil
	}
}

// letGo gives back what activations that have ended leave behind, so that a crowd that has gone does not stay in memory.
//
// NB: whoever holds the PID of an actor holds its mailbox and its activation, too: a PID remembers the process that it was
// sent to.
func (o *owner) letGo(ctx actor.Context) {
	// protoactor takes a child that has ended off this list, but leaves a PID behind its end.
	listed := ctx.Children()
	clear(listed[len(listed):cap(listed)])
	o.shrink()
}

// shrink makes the table of children anew when most of it is empty: by itself a map never gives anything back.
func (o *owner) shrink() {
	if o.most <= fewChildren || len(o.children) >= o.most/4 {
		return
	}
	children := make(map[im.Address]*child, len(o.children))
	maps.Copy(children, o.children)
	o.children, o.most = children, len(children)
}
