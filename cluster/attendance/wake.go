package attendance

import (
	"slices"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// sleepers are users of a shard that this node leads who had sessions before its actors could know: when the table was
// settled, or when a node's table came later. Their actors were awake with an earlier owner, and told friends. They are woken
// a few at a time, and stay here until an activation takes them over.
type sleepers struct {
	users map[im.Address]*sleeper
	// queue holds those who are to be woken, first in, first out; waking those who were nudged and are waited for.
	queue  []im.Address
	waking []nudged
}

type sleeper struct {
	// was is what was there; nothing of a user whom friends believe to be gone.
	was im.Interest
	// nudges counts how often the actor was asked to wake.
	nudges int
}

// nudged is one who was asked to wake, in which round.
type nudged struct {
	who   im.Address
	round uint64
}

// add notes a user who was there, unless it is noted already.
func (s *sleepers) add(user im.Address, was im.Interest) {
	if s.users[user] != nil {
		return
	}
	if s.users == nil {
		s.users = map[im.Address]*sleeper{}
	}
	s.users[user] = &sleeper{was: was}
	s.queue = append(s.queue, user)
}

// take forgets a user whose actor is awake, and returns what was there.
func (s *sleepers) take(user im.Address) (was im.Interest) {
	if found := s.users[user]; found != nil {
		was = found.was
		s.forget(user)
	}
	return was
}

// forget gives the memory back with the last of them: so many are there again only with another owner.
func (s *sleepers) forget(user im.Address) {
	if delete(s.users, user); len(s.users) == 0 {
		s.users, s.queue = nil, nil
	}
}

// lookAgain goes through those who were nudged. Who did not wake in time is queued again, or given up.
func (s *sleepers) lookAgain(round uint64) (open int) {
	s.waking = slices.DeleteFunc(s.waking, func(n nudged) bool {
		asleep := s.users[n.who]
		switch {
		case asleep == nil:
			return true
		case round-n.round < wakeRounds:
			return false
		case asleep.nudges < maxWakes:
			s.queue = append(s.queue, n.who)
		default:
			s.forget(n.who)
		}
		return true
	})
	return len(s.waking)
}

// next returns up to n users who are to be nudged in this round.
func (s *sleepers) next(n int, round uint64) (users []im.Address) {
	for len(users) < n && len(s.queue) > 0 {
		user := s.queue[0]
		s.queue = s.queue[1:]
		if asleep := s.users[user]; asleep != nil {
			asleep.nudges++
			s.waking = append(s.waking, nudged{user, round})
			users = append(users, user)
		}
	}
	return users
}

// done reports whether nobody is to be woken any more.
func (s *sleepers) done() bool { return len(s.queue) == 0 && len(s.waking) == 0 }

// noteSleepersLocked notes all users who have sessions, admitted or not, when the table is settled.
func (a *Attendance) noteSleepersLocked(sh *shard, t *table) {
	note := func(has map[im.Address]im.Interest) {
		for addr := range has {
			if addr.Kind == im.KindUser {
				t.sleepers.add(addr, sh.seenLocked(addr))
			}
		}
	}
	note(sh.here)
	for _, c := range t.columns {
		note(c.has)
	}
	a.wakeSoonLocked(t)
}

// noteLateLocked notes a user of a node whose table comes after the owner has gone on. Friends who were told that the user
// went, since this owner lost the node, are to hear that it is back.
func (t *table) noteLateLocked(c *column, user im.Address, was im.Interest) {
	if !t.over || !c.coming || user.Kind != im.KindUser {
		return
	}
	if c.gone {
		was = im.Interest{}
	}
	t.sleepers.add(user, was)
}

// TakeOver returns what sessions a user had before the actors of this owner could know of them, and forgets it: the activation
// that asks first, once it is settled, answers for the user to friends. Nothing = none, or another activation does, or
// friends know that the user went.
func (a *Attendance) TakeOver(user im.Address) im.Interest {
	sh := a.shardOf(user)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.table == nil {
		return im.Interest{}
	}
	return sh.table.sleepers.take(user)
}

// wakeSoonLocked begins a round of waking after a pause, if anybody sleeps.
func (a *Attendance) wakeSoonLocked(t *table) {
	if !t.sleepers.done() {
		a.wakeSoon()
	}
}

func (a *Attendance) wakeSoon() {
	a.mu.Lock()
	due := a.wakeDue
	a.wakeDue = true
	a.mu.Unlock()
	if !due {
		a.after(wakeEvery, a.wakeRound)
	}
}

// wakeRound wakes as many as may be on their way, over all shards.
func (a *Attendance) wakeRound() {
	users, more := a.nextSleepers()
	for _, u := range users {
		a.opts.Nudge(&pb.Nudge{To: pb.NewAddress(u), Body: &pb.Nudge_Attend{Attend: &pb.Attend{Wake: true}}})
	}
	if more {
		a.wakeSoon()
	}
}

func (a *Attendance) nextSleepers() (users []im.Address, more bool) {
	a.waking.Lock()
	defer a.waking.Unlock()
	a.mu.Lock()
	a.wakeDue = false
	a.mu.Unlock()
	a.wakes++
	round, room := a.wakes, maxWaking
	a.eachTable(func(t *table) { room -= t.sleepers.lookAgain(round) })
	a.eachTable(func(t *table) {
		woken := t.sleepers.next(room, round)
		room -= len(woken)
		users = append(users, woken...)
		more = more || !t.sleepers.done()
	})
	return users, more
}

// eachTable calls f for the table of each shard that this node leads, with the shard's lock.
func (a *Attendance) eachTable(f func(*table)) {
	for _, sh := range a.shards[1:] {
		sh.mu.Lock()
		if sh.table != nil {
			f(sh.table)
		}
		sh.mu.Unlock()
	}
}
