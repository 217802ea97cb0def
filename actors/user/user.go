// Package user is the core of one user: that it exists, what it was told of its relations, and which friends are online.
//
// Friendships, memberships and installations belong to those who tell of them: dialogs, groups, rooms and devices. The
// user keeps a copy of each, so that its lists are read in one place; however often, and in whatever order, facts are
// told, the one that its teller told last counts, as long as its end is
// remembered: an hour, friendships for good. Messages that it is told of go to its sessions. Presence is soft:
// never logged, lost with the activation, and asked for anew.
package user

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// User is the state of a user.
type User struct {
	app     im.AppID
	id      im.UserID
	exists  bool
	updated im.Millis
	facts   facts
	// online says that the user has sessions. It is soft, and so is around.
	online bool
	// around holds the friends that are online, as far as the user was told. Invariant: empty while the user is offline.
	around map[string]bool
}

var (
	_ core.Core     = (*User)(nil)
	_ core.Attender = (*User)(nil)
)

// New returns the user at addr before its first event.
func New(addr im.Address) *User {
	return &User{app: addr.App, id: im.UserID(addr.ID), facts: facts{}}
}

// Decide implements core.Core.
func (u *User) Decide(cmd *pb.Command, _ im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Login:
		return u.login(body.Login), nil
	case *pb.Command_Profile:
		return u.profile()
	case *pb.Command_Tell:
		return u.hear(body.Tell)
	}
	return core.Decision{}, im.E("user.decide", im.Unsupported, "")
}

// login lets the sessions listen to all rooms before it is answered, so that who is logged in misses nothing.
func (u *User) login(cmd *pb.Login) core.Decision {
	bound := u.facts[relation{im.KindDevice, cmd.Install}].holds
	d := core.Decision{
		Out:   core.Out{Listen: u.listenToAll()},
		Reply: &pb.Reply{Body: &pb.Reply_Login{Login: &pb.LoginReply{Bound: bound}}},
		Loose: true,
	}
	if !u.exists {
		event := &pb.Event{Body: &pb.Event_UserCreated{UserCreated: &pb.UserCreated{}}}
		d.Events = []core.Event{{Body: event}}
	}
	return d
}

func (u *User) listenToAll() *core.Listen {
	rooms := u.facts.present(im.KindRoom)
	joined := make([]im.RoomID, len(rooms))
	for i, id := range rooms {
		joined[i] = im.RoomID(id)
	}
	return &core.Listen{Only: true, Joined: joined}
}

func (u *User) profile() (core.Decision, error) {
	if !u.exists {
		return core.Decision{}, im.E("user.profile", im.NotFound, "no such user")
	}
	reply := &pb.ProfileReply{
		Updated:  int64(u.updated),
		Groups:   u.facts.present(im.KindGroup),
		Rooms:    u.facts.present(im.KindRoom),
		Installs: u.facts.present(im.KindDevice),
	}
	for _, id := range u.facts.present(im.KindDialog) {
		reply.Friends = append(reply.Friends, toFriend(id, u.facts[relation{im.KindDialog, id}]))
	}
	return core.Decision{Reply: &pb.Reply{Body: &pb.Reply_Profile{Profile: reply}}}, nil
}

// Apply implements core.Core.
func (u *User) Apply(ev core.Event) {
	r, f, isNote := noted(ev.Body)
	if !isNote && ev.Body.GetUserCreated() == nil {
		return
	}
	u.facts.sweep(u.updated, ev.TS)
	if isNote {
		u.note(r, f, ev.TS)
	}
	u.exists = true
	u.updated = ev.TS
}

func (u *User) note(r relation, f fact, at im.Millis) {
	u.facts.note(r, f, at)
	if r.kind == im.KindDialog && !f.holds {
		delete(u.around, r.id) // should the friendship begin again, the friend is asked anew
	}
}

// Tells implements core.Core: a user has nothing to tell.
func (u *User) Tells(core.Event) []core.Tell { return nil }
