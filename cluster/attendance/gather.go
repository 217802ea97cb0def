package attendance

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// ownLocked begins the table of a shard that this node leads, and returns what is to be done without the lock.
func (a *Attendance) ownLocked(sh *shard) (then []func()) {
	t := newTable(a.opts.Peers(), a.isDown)
	sh.table = t
	for _, w := range sh.announced.waiting {
		then = append(then, func() { w.end(nil) })
	}
	sh.announced.waiting = nil
	then = append(then, a.mendLocked(sh, false)...)
	if t.complete() {
		return append(then, func() { a.settle(sh, t) })
	}
	t.stop = a.after(GatherTime, func() {
		a.opts.Logger.Debug("not all nodes have said who is there", "shard", sh.id)
		a.settle(sh, t)
	})
	return then
}

// settle ends the gathering of t: what waited is said, in order, and then what is said goes out at once.
func (a *Attendance) settle(sh *shard, t *table) {
	for waiting := a.beginSettling(sh, t); waiting != nil; waiting = a.nextWaiting(sh, t) {
		for _, s := range waiting {
			s.say()
		}
	}
}

// beginSettling returns the first of what waited; nil when t was settled already, or nothing waits.
func (a *Attendance) beginSettling(sh *shard, t *table) []said {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if t.over {
		return nil
	}
	t.over = true
	t.stop()
	a.becomeCertainLocked(sh, t)
	a.noteSleepersLocked(sh, t)
	return a.nextWaitingLocked(sh, t)
}

func (a *Attendance) nextWaiting(sh *shard, t *table) []said {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return a.nextWaitingLocked(sh, t)
}

func (a *Attendance) nextWaitingLocked(sh *shard, t *table) []said {
	if sh.table != t {
		return nil // deposed: what waited was sent to the next owner
	}
	waiting := t.queue.take()
	t.settled = len(waiting) == 0
	return waiting
}

// take takes what a node announces.
func (a *Attendance) take(from string, number uint64, m *pb.Attendance) {
	d, then := a.note(from, m)
	d.Number = number
	a.answer(from, d)
	run(then)
}

// note writes it into the table, and returns the answer and what is to be done without the lock.
func (a *Attendance) note(from string, m *pb.Attendance) (d *pb.Done, then []func()) {
	if m.GetShard() == 0 || int(m.GetShard()) >= len(a.shards) {
		return &pb.Done{Error: errKind(im.E("attendance.take", im.Invalid, ""))}, nil
	}
	sh := a.shards[m.GetShard()]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.table
	if t == nil || m.GetTerm() != sh.term || !m.GetWhole() && !t.column(from).knows() {
		return &pb.Done{Error: errKind(im.E("attendance.take", im.Retry, ""))}, nil
	}
	c := t.column(from)
	if m.GetWhole() && !c.coming {
		then = a.dropLocked(sh, c)
		c.coming = true
		for _, h := range c.found() {
			then = append(then, func() { h.end(nil) })
		}
	}
	then = append(then, a.writeLocked(sh, c, m.GetInterests())...)
	if !m.GetWhole() || m.GetMore() {
		return &pb.Done{}, then
	}
	c.coming, c.heard = false, true
	d = &pb.Done{Evict: t.over && len(c.has) > 0}
	if !t.over && t.complete() {
		then = append(then, func() { a.settle(sh, t) })
	}
	return d, then
}

// knows reports whether the node's table has come, or is coming: only then a change says something.
func (c *column) knows() bool { return c.heard || c.coming }

func (a *Attendance) writeLocked(sh *shard, c *column, interests []*pb.Interest) (then []func()) {
	t := sh.table
	for _, i := range interests {
		addr := i.GetWho().Addr()
		if !addr.Valid() || a.shardOf(addr) != sh {
			continue // of a node with other ideas: no actor would ask for it
		}
		before := sh.seenLocked(addr)
		hold(c.has, addr, fromInterest(i))
		after := sh.seenLocked(addr)
		if worthANudge(addr, before, after) {
			then = append(then, func() { a.nudge(addr) })
		}
		if before.Sessions == 0 && after.Entered { // a login that is under way elsewhere may yet come to nothing
			t.noteLateLocked(c, addr, after)
		}
	}
	a.wakeSoonLocked(t)
	return then
}

// dropLocked forgets what a node has; actors of users who are gone with it must look.
func (a *Attendance) dropLocked(sh *shard, c *column) (then []func()) {
	for addr, had := range c.drop() {
		if now := sh.seenLocked(addr); worthANudge(addr, im.Interest{Sessions: now.Sessions + had.Sessions}, now) {
			then = append(then, func() { a.nudge(addr) })
		}
	}
	return then
}

// loseNode takes the end of a link to a node. What it had is remembered for a while: see DESIGN.md, "A hub that was left out".
func (a *Attendance) loseNode(sh *shard, node string) (then []func()) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.lastOwner == node {
		sh.announced.halt()
	}
	t := sh.table
	if t == nil {
		return nil
	}
	c := t.column(node)
	lost := c.has
	then = a.dropLocked(sh, c)
	c.down = true
	c.gone = c.gone || t.over && len(lost) > 0
	if len(lost) > 0 {
		c.forget()
		c.lost = lost
		c.losses++
		loss := c.losses
		c.forget = a.after(lostTime, func() { a.forgetLost(sh, c, loss) })
	}
	if !t.over && t.complete() {
		then = append(then, func() { a.settle(sh, t) })
	}
	return then
}

// forgetLost ends what is held for a node that does not come back soon. It will have its sessions evicted. A timer that comes
// late, when the node was back and has been lost again, ends nothing of the later loss.
func (a *Attendance) forgetLost(sh *shard, c *column, loss uint64) {
	sh.mu.Lock()
	var held []*tally
	if loss == c.losses {
		held = c.found()
	}
	sh.mu.Unlock()
	for _, h := range held {
		h.end(nil)
	}
}

// isElsewhere reports whether another node has something of addr, or had a moment ago.
func (t *table) isElsewhere(addr im.Address) bool {
	for _, c := range t.columns {
		if c.has[addr].Entered || c.lost[addr].Entered {
			return true
		}
	}
	return false
}

// holdForLost has all wait for the nodes that had sessions of addr a moment ago.
func (t *table) holdForLost(addr im.Address, all *tally) {
	for _, c := range t.columns {
		if c.lost[addr].Entered {
			all.begin()
			c.held = append(c.held, all)
		}
	}
}
