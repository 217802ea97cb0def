package user

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Attend implements core.Attender: friends that are awake hear of it, and are asked how they are.
func (u *User) Attend(online bool) core.Out {
	u.online = online
	around := u.facts.present(friends)
	if !online {
		u.around = nil // nobody keeps it up to date for who does not ask
		return core.Out{Nudge: u.nudge(around, &pb.Presence{})}
	}
	return core.Out{
		Listen: u.listenToAll(),
		Nudge:  u.nudge(around, &pb.Presence{Online: true, Ask: true}),
	}
}

// Proclaim implements core.Attender.
func (u *User) Proclaim(online bool) core.Out {
	p := &core.Proclamation{Online: online}
	for _, id := range u.facts.present(friends) {
		p.Friends = append(p.Friends, im.UserID(id))
	}
	return core.Out{Proclaim: p}
}

// Hear implements core.Attender. What changes is announced, so that a friend who says the same twice is heard once.
func (u *User) Hear(p *pb.Presence) core.Out {
	if !u.facts[relation{friends, p.User}].holds {
		return core.Out{}
	}
	var out core.Out
	if u.online && u.learn(p) && !p.Silent {
		out.Announce = []core.Presence{{Friend: im.UserID(p.User), Online: p.Online}}
	}
	if p.Ask {
		out.Nudge = u.nudge([]string{p.User}, &pb.Presence{Online: u.online, Silent: true})
	}
	return out
}

// learn keeps what a friend says, and reports whether it is a change.
func (u *User) learn(p *pb.Presence) bool {
	if u.around[p.User] == p.Online {
		return false
	}
	if u.around == nil {
		u.around = map[string]bool{}
	}
	u.around[p.User] = p.Online
	return true
}

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
