// Package user is the core of one user or passenger: that it exists, its attributes, what it was told of its relations, and
// which friends are online.
//
// Friendships, memberships, installations and contacts (strangers and passengers talked with) belong to those who tell of
// them: dialogs, groups, rooms and devices. The user keeps a copy of each, so that its lists are read in one place; however
// often, and in whatever order, facts are told, the one that its teller told last counts, as long as its end is
// remembered: an hour, those of dialogs for good. Messages that it is told of go to its sessions, and so do those of the
// app itself. Presence is soft: never logged, lost with the activation, and asked for anew.
//
// A passenger is the same with less: kind.go says what it lacks.
package user

import (
	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// User is the state of a user or a passenger.
type User struct {
	app    im.AppID
	kind   im.Kind
	id     im.UserID
	exists bool
	// updated is the stamp of the creation or of the last change of attributes, last that of the last event.
	updated, last im.Millis
	attributes    attributes.Set
	facts         facts
	presence
}

var (
	_ core.Core     = (*User)(nil)
	_ core.Attender = (*User)(nil)
	_ core.Repeater = (*User)(nil)
)

// New returns the user or passenger at addr before its first event.
func New(addr im.Address) *User {
	return &User{app: addr.App, kind: addr.Kind, id: im.UserID(addr.ID), facts: facts{}}
}

// Decide implements core.Core.
func (u *User) Decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Login:
		return u.login(body.Login, now)
	case *pb.Command_Profile:
		return u.profile()
	case *pb.Command_SetAttributes:
		return u.setAttributes(body.SetAttributes, now)
	case *pb.Command_System:
		return u.system(body.System, now)
	case *pb.Command_Tell:
		return u.hear(body.Tell, now)
	}
	return core.Decision{}, im.E("user.decide", im.Unsupported, "")
}

// login lets the sessions listen to all rooms before it is answered, so that who is logged in misses nothing.
func (u *User) login(cmd *pb.Login, now im.Millis) (core.Decision, error) {
	bound := u.facts[relation{installs, cmd.Install}].holds
	d := core.Decision{
		Out:   core.Out{Listen: u.listenToAll(), AllFriends: true}, // the session's hub may know of nobody yet
		Reply: &pb.Reply{Body: &pb.Reply_Login{Login: &pb.LoginReply{Bound: bound}}},
		Loose: true,
	}
	if !u.exists {
		event := &pb.Event{Body: &pb.Event_UserCreated{UserCreated: &pb.UserCreated{}}}
		d.Events = []core.Event{{Body: event}}
	}
	ev, _, err := u.attributes.Merge(u.brings(cmd))
	if err != nil {
		return core.Decision{}, err
	}
	d.Events = append(d.Events, attributes.Events(ev)...)
	return u.created(d, now), nil
}

// created completes d, whose events create the user if it does not exist.
func (u *User) created(d core.Decision, now im.Millis) core.Decision {
	if !u.exists && len(d.Events) > 0 {
		d.Record = u.record(nil, now)
	}
	return d
}

func (u *User) listenToAll() *core.Listen {
	ids := u.facts.present(rooms)
	joined := make([]im.RoomID, len(ids))
	for i, id := range ids {
		joined[i] = im.RoomID(id)
	}
	return &core.Listen{Only: true, Joined: joined}
}

func (u *User) profile() (core.Decision, error) {
	if err := u.found(); err != nil {
		return core.Decision{}, err
	}
	reply := &pb.ProfileReply{
		Updated:    int64(u.updated),
		Groups:     u.facts.present(groups),
		Rooms:      u.facts.present(rooms),
		Installs:   u.facts.present(installs),
		Attributes: u.attributes,
		Contacts:   u.contacts(),
	}
	for _, id := range u.facts.present(friends) {
		reply.Friends = append(reply.Friends, toFriend(id, u.facts[relation{friends, id}]))
	}
	return core.Decision{Reply: &pb.Reply{Body: &pb.Reply_Profile{Profile: reply}}}, nil
}

func (u *User) found() error {
	if !u.exists {
		return im.E("user.find", im.NotFound, "no such "+u.kind.String())
	}
	return nil
}

// Tells implements core.Core: a user has nothing to tell.
func (u *User) Tells(core.Event) []core.Tell { return nil }
