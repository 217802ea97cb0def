package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
)

const (
	// maxCovers bounds the addresses of a shard that are awake only to be covered. What is asked for beyond it is dropped,
	// and asked for again.
	maxCovers = 64
	// maxPosted bounds what an owner was asked to cover and has not looked at; the rest is dropped, too.
	maxPosted = 4 * maxCovers
)

type (
	// cover asks for a snapshot of addr as it is.
	cover struct{ addr im.Address }
	// covered says that an activation is not awake only to be covered any more: it was, or could not be, or something else
	// has come for it.
	covered struct{ addr im.Address }
)

// Cover asks for a snapshot of addr, so that the log can do without its older entries. If this node owns addr's shard, its
// actor makes one unless the newest covers all of its events; it is woken for that, if need be, and sleeps again soon. Nobody
// hears of it. Cover does not block, and promises nothing: whoever needs the snapshot asks again until it is there.
func (h *Host) Cover(addr im.Address) {
	if h.opts.Shards > 0 {
		h.owners.cover(addr, addr.Shard(h.opts.Shards))
	}
}

// cover posts to the owner of a shard that came last.
func (o *owners) cover(addr im.Address, shard im.ShardID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var last *ownerHere
	for i := range o.all {
		if w := &o.all[i]; w.shard == shard && (last == nil || last.term < w.term) {
			last = w
		}
	}
	switch {
	case last == nil:
	case last.posted.Add(1) > maxPosted:
		last.posted.Add(-1)
	default:
		o.root.Send(last.pid, &cover{addr: addr})
	}
}

// ownerHere is an owner on this node.
type ownerHere struct {
	pid   *actor.PID
	shard im.ShardID
	term  uint64
	// posted counts the covers that it has not looked at.
	posted *atomic.Int64
}

// cover hands m on to the activation, or wakes one for it.
func (o *owner) cover(ctx actor.Context, m *cover) {
	o.posted.Add(-1)
	if c := o.children[m.addr]; c != nil {
		ctx.Send(c.pid, m)
		return
	}
	if len(o.covering) < maxCovers && o.spawn(ctx, m.addr, true) != "" {
		o.covering[m.addr] = struct{}{}
	}
}

// cover makes a snapshot, at once or when the state is there.
func (a *activation) cover() {
	switch a.phase {
	case loading:
		a.coverDue = true
	case live:
		a.coverNow()
	case retired:
	}
}

func (a *activation) coverNow() {
	a.coverDue = false
	if a.covering {
		return
	}
	if a.snapSeq >= a.head.Seq || !a.snapping && a.snapshot() != nil {
		a.coverDone()
		return
	}
	a.covering = true // by the one that is under way, if there is one; what it leaves out is asked for again
}

// coverDone ends what a snapshot was made for. Who was woken for nothing else sleeps again.
func (a *activation) coverDone() {
	a.covering = false
	if !a.lone.Load() {
		return
	}
	a.root.Send(a.owner, &covered{addr: a.addr})
	if a.idle() {
		a.retire()
	}
}

// join makes an activation that was woken only to be covered one like any other, and reports whether it was none.
func (a *activation) join() bool {
	if !a.lone.CompareAndSwap(true, false) {
		return false
	}
	a.root.Send(a.owner, &covered{addr: a.addr})
	a.look()
	return true
}
