package actors

import (
	"slices"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
)

// doubt says that a shard has an owner of that term: its users who were online by the word of an earlier one may have gone
// with what only that one knew.
type doubt struct {
	shard im.ShardID
	term  uint64
}

// doubtNext says that the next actors of a shard are to doubt.
type doubtNext struct{}

// doubts are what an owner's activations are yet to doubt: a few at a time, since it may be many, in rounds, each for all that
// was heard of until it began.
type doubts struct {
	// open is what the next round is for, one for each shard; now is what this one is.
	open map[im.ShardID]*doubt
	now  []*doubt
	// left are those who have not been told in this round.
	left []*actor.PID
	// due is true while a step is to come.
	due bool
}

// LeaderChanged says that somebody leads shard in term, here or on another node. It does not block. After a while what earlier
// owners say of presence counts no more, and what they said is doubted.
func (h *Host) LeaderChanged(shard im.ShardID, term uint64) {
	time.AfterFunc(h.opts.DoubtAfter, func() {
		if h.terms.hear(shard, term) {
			h.owners.tell(&doubt{shard: shard, term: term})
		}
	})
}

// doubt notes what is to be doubted.
func (o *owner) doubt(ctx actor.Context, m *doubt) {
	d := &o.doubts
	if d.open == nil {
		d.open = map[im.ShardID]*doubt{}
	}
	if before := d.open[m.shard]; before == nil || before.term < m.term {
		d.open[m.shard] = m
	}
	if !d.due {
		o.doubtNext(ctx)
	}
}

// doubtNext tells the next few, and begins a round when the last has ended.
func (o *owner) doubtNext(ctx actor.Context) {
	d := &o.doubts
	if d.due = false; len(d.left) == 0 && !o.beginDoubts() {
		return
	}
	n := min(doubtBatch, len(d.left))
	for _, pid := range d.left[:n] {
		for _, m := range d.now {
			ctx.Send(pid, m)
		}
	}
	if d.left = dropFront(d.left, n); len(d.left) == 0 {
		d.now, d.left = nil, nil
	}
	d.due = true
	self, root := ctx.Self(), ctx.ActorSystem().Root
	time.AfterFunc(doubtEvery, func() { root.Send(self, &doubtNext{}) })
}

// beginDoubts begins a round with all users who are awake; false = there is nothing to doubt, or nobody who could.
func (o *owner) beginDoubts() bool {
	d := &o.doubts
	for _, m := range d.open {
		d.now = append(d.now, m)
	}
	d.open = nil
	for addr, c := range o.children {
		if addr.Kind == im.KindUser && len(d.now) > 0 {
			d.left = append(d.left, c.pid)
		}
	}
	if len(d.left) == 0 {
		d.now = nil
	}
	return len(d.left) > 0
}

// owners are those of this node, whom it tells of what concerns all actors.
type owners struct {
	mu   sync.Mutex
	all  []ownerHere
	root *actor.RootContext
}

func (o *owners) add(w ownerHere, root *actor.RootContext) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all, o.root = append(o.all, w), root
}

func (o *owners) remove(pid *actor.PID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = slices.DeleteFunc(o.all, func(w ownerHere) bool { return w.pid.Equal(pid) })
}

func (o *owners) tell(m any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range o.all {
		o.root.Send(w.pid, m)
	}
}
