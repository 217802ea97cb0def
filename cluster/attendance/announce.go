package attendance

import (
	"slices"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// announcement is how far another node that owns the shard has been told what is here. It is guarded by the shard.
//
// A round tells everything in parts, each when the one before was taken, and from its beginning on also every change, at
// once: a part says what is so when it is sent. Answers come in the order of what they answer.
type announcement struct {
	// round counts rounds; what answers an earlier one is void. begun is true while one is under way, or done, with
	// the owner, or with the last one in whose term nobody else was heard of.
	round uint64
	begun bool
	// complete is true once the owner has taken a whole round, until the next begins. The node itself always has.
	complete bool
	// rest are the addresses that are still to be told of.
	rest []im.Address
	// sent and taken count frames, over all rounds.
	sent, taken uint64
	// doubt is true when the present owner may have gone on without the sessions here, missed when an earlier one may have.
	// The owner's answer to a round ends the doubt; only eviction mends what was missed.
	doubt, missed bool
	// waiting are those who wait until the owner knows what was so when they began to.
	waiting []*waiter
}

type waiter struct {
	// frame is the number of the last frame that must be taken.
	frame uint64
	end   func(error)
}

// halt ends a round, done or not. Who waits has to wait for a whole one.
func (n *announcement) halt() {
	n.round++
	n.begun, n.rest = false, nil
	for _, w := range n.waiting {
		w.frame = n.sent
	}
}

// ready removes those who need not wait any more and returns them.
func (n *announcement) ready() (ready []func()) {
	if !n.begun || !n.complete {
		return nil
	}
	kept := n.waiting[:0]
	for _, w := range n.waiting {
		if w.frame > n.taken {
			kept = append(kept, w)
			continue
		}
		ready = append(ready, func() { w.end(nil) })
	}
	clear(n.waiting[len(kept):])
	n.waiting = kept
	return ready
}

// giveUp removes one who waits no more.
func (n *announcement) giveUp(w *waiter) {
	if i := slices.Index(n.waiting, w); i >= 0 {
		n.waiting = slices.Delete(n.waiting, i, i+1)
	}
}

// part takes the addresses of the next part off the rest.
func (n *announcement) part() []im.Address {
	part := n.rest[:min(partSize, len(n.rest))]
	n.rest = n.rest[len(part):]
	return part
}

// beginLocked begins a round, if there is another owner and a link to it. Else one begins when there is.
func (a *Attendance) beginLocked(sh *shard) {
	n := &sh.announced
	n.halt()
	if sh.owner == "" || sh.owner == a.opts.Node || !a.isUp(sh.owner) {
		return
	}
	n.begun, n.complete = true, false
	for addr := range sh.here {
		n.rest = append(n.rest, addr)
	}
	a.sendPartLocked(sh)
}

func (a *Attendance) sendPartLocked(sh *shard) {
	m := &pb.Attendance{Whole: true}
	for _, addr := range sh.announced.part() {
		if now := sh.here[addr]; now.Entered {
			m.Interests = append(m.Interests, toInterest(addr, now))
		}
	}
	m.More = len(sh.announced.rest) > 0
	a.tellOwnerLocked(sh, m)
}

// announceLocked tells the owner of one change. A round that is yet to begin will tell of it.
func (a *Attendance) announceLocked(sh *shard, of im.Address, now im.Interest) {
	if sh.announced.begun {
		a.tellOwnerLocked(sh, &pb.Attendance{Interests: []*pb.Interest{toInterest(of, now)}})
	}
}

func (a *Attendance) tellOwnerLocked(sh *shard, m *pb.Attendance) {
	n := &sh.announced
	m.Shard, m.Term = uint32(sh.id), sh.term
	n.sent++
	round, number := n.round, n.sent
	err := a.calls.send(sh.lastOwner, &pb.Frame{Body: &pb.Frame_Attendance{Attendance: m}}, func(d *pb.Done, err error) {
		run(a.announced(sh, m, round, number, d, err))
	})
	if err != nil {
		a.beginLaterLocked(sh)
	}
}

// beginLaterLocked begins another round after a pause: the owner did not take this one, or a link has no room for it. The
// owner goes on without what it was not told, so its answer to the next round says whether sessions are to be evicted.
func (a *Attendance) beginLaterLocked(sh *shard) {
	sh.announced.halt()
	sh.announced.complete = false
	round := sh.announced.round
	a.after(retryPause, func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		if sh.announced.round == round {
			a.beginLocked(sh)
		}
	})
}

// announced takes the owner's answer to m, and returns what is to be done without the lock.
func (a *Attendance) announced(sh *shard, m *pb.Attendance, round, number uint64, d *pb.Done, err error) []func() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	n := &sh.announced
	if round != n.round {
		return nil
	}
	switch {
	case sh.owner == "" && im.KindOf(err) == im.Retry:
		// It leads no more. What it had taken before, it did not go on without; the rest is for the next owner.
		n.halt()
		return nil
	case err != nil:
		a.beginLaterLocked(sh)
		return nil
	}
	n.taken = number
	switch {
	case m.Whole && m.More:
		a.sendPartLocked(sh)
	case m.Whole:
		n.complete, n.doubt = true, false
		return append(n.ready(), a.mendLocked(sh, d.GetEvict())...)
	}
	return n.ready()
}

// mendLocked evicts the sessions here if they may have missed something.
func (a *Attendance) mendLocked(sh *shard, evict bool) (then []func()) {
	if !evict && !sh.announced.missed {
		return nil
	}
	sh.announced.missed = false
	users := sh.usersHereLocked()
	if len(users) == 0 {
		return nil
	}
	a.opts.Logger.Info("sessions that may have missed something are closed", "shard", sh.id, "users", len(users))
	for _, u := range users {
		then = append(then, func() { a.opts.Hub.Evict(u) })
	}
	return then
}

// leaveOwnerLocked takes leave of the owner when there is another one, or another term. One that was not heard to know all
// that is here may have gone on without it; so may one of a term between, of whom this node never heard. While
// nobody is known to own the shard, the last one may still do so; when it is heard of again, it says itself whether it went on.
func (a *Attendance) leaveOwnerLocked(sh *shard, next string, term uint64) {
	n := &sh.announced
	n.halt()
	if next == "" || next == sh.lastOwner && term == sh.lastTerm {
		return
	}
	unheard := sh.lastOwner != "" && term > sh.lastTerm+1
	if (n.doubt || !n.complete || unheard) && len(sh.here) > 0 {
		n.missed = true
	}
	n.complete, n.doubt = next == a.opts.Node, false
}

// missed notes that the link to node has been down for so long that, where it is the owner, it may have gone on without the
// sessions here.
func (a *Attendance) missed(node string, session uint64) {
	a.mu.Lock()
	back := a.links[node].up || a.links[node].session != session
	a.mu.Unlock()
	if back {
		return
	}
	for _, sh := range a.shards[1:] {
		sh.mu.Lock()
		if sh.lastOwner == node {
			sh.announced.doubt = true
		}
		sh.mu.Unlock()
	}
}

func toInterest(addr im.Address, now im.Interest) *pb.Interest {
	return &pb.Interest{Who: pb.NewAddress(addr), Entered: now.Entered, Sessions: uint32(now.Sessions), Loud: now.Loud}
}

func fromInterest(i *pb.Interest) im.Interest {
	return im.Interest{Entered: i.GetEntered(), Sessions: int(i.GetSessions()), Loud: i.GetLoud()}
}
