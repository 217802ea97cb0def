package actors

import (
	"time"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// outbox is what is stored and not yet told. Per receiver one tell is under way; what comes meanwhile joins the next, so
// order holds and a busy receiver gets fewer, larger tells. It is a cursor over the log: losing it loses nothing.
type outbox struct {
	lanes map[im.Address]*lane
	// ready holds the lanes that have something to tell and neither a tell under way nor a pause, each once, in the order in
	// which they came to it. So who has something to tell is found without a look at all the others.
	ready []*lane
	// flying is how many tells are under way, at most maxTells.
	flying int
	// open holds the entries with tells under way, in order of seq.
	open  []*openEntry
	bytes int
}

// openEntry is an entry of which left tells are not done.
type openEntry struct {
	seq  uint64
	left int
	// bytes is what its tells hold until the last is done; what several share counts once.
	bytes int
}

// lane is the queue to one receiver.
type lane struct {
	to    im.Address
	items []item
	// flying is how many of items the tell under way carries, 0 = none is.
	flying int
	// pausing is true between a failed tell and its repetition.
	pausing bool
	// ready is true while the lane is among those of the outbox that are.
	ready   bool
	backoff time.Duration
}

type item struct {
	told  *pb.Told
	entry *openEntry
	bytes int
}

// itemCost is what an item costs its lane, beside what it holds.
const itemCost = 128

func (b *outbox) empty() bool { return len(b.open) == 0 }

// last returns the seq of the last entry that is open, 0 = none is.
func (b *outbox) last() uint64 {
	if b.empty() {
		return 0
	}
	return b.open[len(b.open)-1].seq
}

// add queues the tells of one entry; flush sends them.
func (b *outbox) add(seq uint64, tells []core.Tell) {
	entry := &openEntry{seq: seq, left: len(tells)}
	b.open = append(b.open, entry)
	for i, t := range tells {
		t.Item.Seq = seq // the same in items that several tells share
		it := item{told: t.Item, entry: entry, bytes: t.Item.Weight()}
		if i == 0 || t.Item != tells[i-1].Item {
			entry.bytes += it.bytes
		}
		l := b.lane(t.To)
		l.items = append(l.items, it)
		b.line(l)
	}
	b.bytes += entry.bytes + itemCost*len(tells)
}

func (b *outbox) lane(to im.Address) *lane {
	if b.lanes == nil {
		b.lanes = map[im.Address]*lane{}
	}
	l := b.lanes[to]
	if l == nil {
		l = &lane{to: to}
		b.lanes[to] = l
	}
	return l
}

// line puts l behind those that are ready, if it is.
func (b *outbox) line(l *lane) {
	if l.ready || l.pausing || l.flying > 0 || len(l.items) == 0 {
		return
	}
	l.ready = true
	b.ready = append(b.ready, l)
}

// flush starts a tell on every lane that has something and none under way, as far as maxTells lets it, and moves the cursor over
// entries that have nothing to tell after all.
func (b *outbox) flush(a *activation) {
	if b.empty() {
		return
	}
	n := 0
	for n < len(b.ready) && b.flying < maxTells {
		b.send(a, b.ready[n])
		n++
	}
	b.ready = dropFront(b.ready, n)
	b.advance(a)
}

// maxTells bounds the tells that are under way from one actor, of what the node has room for: a room of 100,000 that is deleted
// tells all of them, and others must get through meanwhile.
const maxTells = 4096

// send tells the next items of a lane that is ready in one command.
func (b *outbox) send(a *activation, l *lane) {
	l.ready = false
	b.flying++
	tell := &pb.Tell{From: pb.NewAddress(a.addr)}
	for bytes := 0; l.flying < min(len(l.items), maxTellItems) && (l.flying == 0 || bytes < maxTellBytes); l.flying++ {
		tell.Items = append(tell.Items, l.items[l.flying].told)
		bytes += l.items[l.flying].bytes
	}
	self, root, epoch, to := a.self, a.root, a.epoch, l.to
	cmd := &pb.Command{Body: &pb.Command_Tell{Tell: tell}}
	a.host.opts.Caller.Call(to, cmd, tellTimeout, func(r *pb.Reply) {
		root.Send(self, &told{epoch: epoch, to: to, err: r.Err("actors.tell")})
	})
}

// toldAnswer takes a receiver's answer.
func (a *activation) toldAnswer(m *told) {
	l := a.box.lanes[m.to]
	a.box.flying--
	switch {
	case m.err == nil:
		a.box.done(l)
	case poisoned(m.err):
		a.host.opts.Logger.Error("tell refused for good, dropped", "addr", a.addr, "to", m.to, "err", m.err)
		a.box.done(l)
	default:
		a.tellLater(l)
	}
	a.box.line(l)
	a.box.flush(a)
}

// tellAgain ends the pause of a lane.
func (a *activation) tellAgain(to im.Address) {
	l := a.box.lanes[to]
	l.pausing = false
	a.box.line(l)
	a.box.flush(a)
}

// poisoned reports whether telling again cannot help.
func poisoned(err error) bool {
	switch im.KindOf(err) {
	case im.Invalid, im.Unsupported, im.NotFound, im.NotPermitted, im.Conflict, im.TooLong:
		return true
	default:
		return false
	}
}

// done takes the items of the tell under way off the lane.
func (b *outbox) done(l *lane) {
	for _, it := range l.items[:l.flying] {
		b.bytes -= itemCost
		if it.entry.left--; it.entry.left == 0 {
			b.bytes -= it.entry.bytes
		}
	}
	l.items = dropFront(l.items, l.flying)
	l.flying, l.backoff = 0, 0
	if len(l.items) == 0 && len(b.lanes) > maxIdleLanes {
		delete(b.lanes, l.to)
	}
}

// maxIdleLanes keeps the few lanes of a dialog alive between messages, and the many of a group not.
const maxIdleLanes = 4

// advance moves the cursor over the entries that are done, tells the log, and answers who waited for it.
func (b *outbox) advance(a *activation) {
	n := 0
	for n < len(b.open) && b.open[n].left == 0 {
		n++
	}
	if n == 0 {
		return
	}
	through := b.open[n-1].seq
	b.open = dropFront(b.open, n)
	a.host.opts.Journal.Told(a.addr, through)
	a.releaseHeld(through)
	a.caughtUp()
}

// caughtUp takes the activation off those that are behind once nothing is left to tell.
func (a *activation) caughtUp() {
	if a.behind && (a.work == nil || a.box.empty()) {
		a.behind = false
		a.host.behind.Add(-1)
	}
}

// tellLater repeats the tell of a lane after a pause that doubles from 10 ms.
func (a *activation) tellLater(l *lane) {
	l.flying = 0
	l.pausing = true
	l.backoff = min(max(2*l.backoff, 10*time.Millisecond), maxTellBackoff)
	self, root, epoch, to := a.self, a.root, a.epoch, l.to
	time.AfterFunc(l.backoff, func() { root.Send(self, &tellAgain{epoch: epoch, to: to}) })
}
