package user

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Attend implements core.Attender: friends hear of it, and say how they are. Each is asked until it has answered, so that none
// misses it. Who goes asks only those who may be there: whoever comes later will ask, and who has come just now is told. A fresh
// core does not know who may be.
func (u *User) Attend(online, silent bool) core.Out {
	all, before, isFresh := u.facts.present(friends), u.around, u.number == 0
	u.presence = presence{online: online, silent: silent, number: u.number + 1}
	var asked, told []string
	for _, id := range all {
		if _, known := before[id]; online || known || isFresh {
			u.expect(id)
			asked = append(asked, id)
		} else {
			told = append(told, id)
		}
	}
	nudges := append(u.ask(asked, silent, u.fresh()), u.nudge(told, &pb.Presence{Online: online, Silent: silent})...)
	if !online {
		return core.Out{Nudge: nudges}
	}
	return core.Out{Listen: u.listenToAll(), Nudge: nudges}
}

// Proclaim implements core.Attender.
func (u *User) Proclaim(online bool) core.Out {
	p := &core.Proclamation{Online: online}
	for _, id := range u.facts.present(friends) {
		p.Friends = append(p.Friends, im.UserID(id))
	}
	return core.Out{Proclaim: p}
}

// Hear implements core.Attender. What changes is announced, so that a friend who says the same twice is heard once. Whoever is
// no friend gets no answer: perhaps this user has yet to hear of the friendship, and will ask then. Late answers to an earlier
// question count for nothing.
func (u *User) Hear(p *pb.Presence) core.Out {
	isLate := p.Answers != nil && p.Answers.Number != u.number
	if isLate || !u.facts[relation{friends, p.User}].holds {
		return core.Out{}
	}
	before := u.keep(p)
	out := core.Out{Announce: u.announce(before, p)}
	if p.Asks != nil {
		// The friend may have missed that this user came or went. What only a new friendship asks is older than that; whoever is
		// doubted has heard it, or would not be believed online.
		unheard := before.open && !before.online && !before.isNew && !u.silent && !isNewFriend(p)
		answer := &pb.Presence{Online: u.online, Silent: p.Asks.Fresh && !unheard, Answers: p.Asks}
		out.Nudge = u.nudge([]string{p.User}, answer)
	}
	return out
}

// announce returns what sessions are to hear of p. Until all friends have answered, only news is passed on; of the rest they
// hear together, in few words.
func (u *User) announce(before word, p *pb.Presence) (all []*pb.Announce) {
	if !u.online {
		return nil
	}
	// Who asks instead of answering has not heard the question: it was lost, and perhaps news with it. None is lost with what a
	// new friendship asks.
	isNews := !p.Silent && (p.Answers == nil || u.fresh()) || p.Answers == nil && before.open && !before.isNew && !isNewFriend(p)
	if before.isNew {
		// The friendship may not be stored yet. Sessions take who is no friend for offline, and would hear the difference.
		all = append(all, &pb.Announce{Unsure: []string{p.User}})
	}
	if p.Answers == nil && !p.Silent && p.Online && before.online && p.Term > before.term {
		// It went unseen, with an earlier owner, and whoever looked meanwhile has seen that.
		all = append(all, &pb.Announce{Unsure: []string{p.User}}, about(p.User, true, false))
	} else if changed := before.open || before.online != p.Online; changed && (isNews || u.told || before.isNew) {
		// Of a new friend sessions are told first, for they may hear of all as of news.
		all = append(all, about(p.User, p.Online, p.Silent && !isNews))
	}
	if !u.told && u.open == 0 {
		all = append(all, u.tellAll(u.fresh()))
	}
	return all
}

// isNewFriend reports whether p asks because of a friendship that has just begun. To such a friend all is past.
func isNewFriend(p *pb.Presence) bool { return p.Silent && p.Asks.GetFresh() }

// about announces one friend.
func about(friend string, online, silent bool) *pb.Announce {
	a := &pb.Announce{Silent: silent}
	if online {
		a.Online = []string{friend}
	} else {
		a.Offline = []string{friend}
	}
	return a
}

// tellAll announces all friends. Only where it may be news it names those who are offline.
func (u *User) tellAll(silent bool) *pb.Announce {
	u.told = true
	a := u.all(silent)
	if !silent {
		for _, id := range u.facts.present(friends) {
			if _, known := u.around[id]; !known {
				a.Offline = append(a.Offline, id)
			}
		}
	}
	return a
}

// all names who is online, and whom nobody has answered for.
func (u *User) all(silent bool) *pb.Announce {
	return &pb.Announce{
		Whole: true, Silent: silent,
		Online: u.those(func(w word) bool { return w.online && !w.open }),
		Unsure: u.those(func(w word) bool { return w.open }),
	}
}

// Now implements core.Attender. Both ends of a new friendship ask: whose word comes before the other has noted it is not heard.
// Until then, and when it has ended, sessions know nothing of the other, so that what comes first is no news. Who has answered
// since is left alone.
//
// NB: a friendship may begin or end while sessions are there of whom this core does not know yet. It will tell them of all friends,
// and they would hear that who is none any more went, or take who has come since for offline.
func (u *User) Now(allFriends bool, met string) (out core.Out) {
	if allFriends && u.online && u.told {
		out.Announce = append(out.Announce, u.all(true))
	}
	w, isFriend := u.around[met], u.facts[relation{friends, met}].holds
	if w.isNew {
		out.Nudge = u.greet([]string{met})
	}
	if hasAnswered := u.online && isFriend && !w.open; met != "" && !hasAnswered {
		out.Announce = append(out.Announce, &pb.Announce{Unsure: []string{met}})
	}
	return out
}

// Doubt implements core.Attender.
func (u *User) Doubt(shard im.ShardID, term uint64) core.Out {
	doubted := u.those(func(w word) bool { return w.online && !w.open && w.shard == shard && w.term < term })
	if !u.online || len(doubted) == 0 {
		return core.Out{}
	}
	u.number++
	for _, id := range doubted {
		u.expect(id)
	}
	return core.Out{Nudge: u.ask(doubted, true, false)}
}

// Awaits implements core.Attender.
func (u *User) Awaits() bool { return u.open > 0 || u.online && !u.told }

// Remind implements core.Attender. What is answered only now may be something else than what a session saw when it came.
func (u *User) Remind(anew bool) core.Out {
	out := core.Out{Nudge: append(
		u.ask(u.those(func(w word) bool { return w.open && !w.isNew }), u.silent, false), u.greet(u.those(func(w word) bool { return w.isNew }))...,
	)}
	if u.online && (anew || !u.told) {
		out.Announce = []*pb.Announce{u.tellAll(!anew && u.fresh())}
	}
	return out
}

// ask asks friends, and says how this user is. fresh says that answers are no news.
func (u *User) ask(others []string, silent, fresh bool) []*pb.Nudge {
	asks := &pb.Question{Number: u.number, Fresh: fresh}
	return u.nudge(others, &pb.Presence{Online: u.online, Silent: silent, Asks: asks})
}

// greet asks new friends.
func (u *User) greet(others []string) []*pb.Nudge { return u.ask(others, true, true) }

// nudge says p of this user to others. They share one copy of it.
func (u *User) nudge(others []string, p *pb.Presence) []*pb.Nudge {
	p.User = string(u.id)
	body := &pb.Nudge_Presence{Presence: p}
	nudges := make([]*pb.Nudge, len(others))
	for i, f := range others {
		nudges[i] = &pb.Nudge{To: pb.NewAddress(im.User(u.app, im.UserID(f))), Body: body}
	}
	return nudges
}
