// Package user is the core of one user: that it exists, and what it was told of its relations.
//
// A relation is owned by its dialog; the user keeps a copy, so that its lists are read in one place. Sessions and
// presence are no part of it.
package user

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

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
	// friends holds ended friendships too: their teller seq is what tells a repeated older fact from a new one.
	friends map[string]*pb.Friend
}

var _ core.Core = (*User)(nil)

// New returns the user at addr before its first event.
func New(addr im.Address) *User {
	return &User{app: addr.App, id: im.UserID(addr.ID), friends: map[string]*pb.Friend{}}
}

// Decide implements core.Core.
func (u *User) Decide(cmd *pb.Command, _ im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Login:
		return u.login(), nil
	case *pb.Command_Profile:
		return u.profile()
	case *pb.Command_Tell:
		return u.hear(body.Tell)
	}
	return core.Decision{}, im.E("user.decide", im.Unsupported, "")
}

func (u *User) login() core.Decision {
	if u.exists {
		return core.Decision{}
	}
	event := &pb.Event{Body: &pb.Event_UserCreated{UserCreated: &pb.UserCreated{}}}
	return core.Decision{Events: []core.Event{{Body: event}}}
}

func (u *User) profile() (core.Decision, error) {
	if !u.exists {
		return core.Decision{}, im.E("user.profile", im.NotFound, "no such user")
	}
	reply := &pb.ProfileReply{Updated: int64(u.updated)}
	for _, f := range u.sortedFriends() {
		if f.Friends {
			reply.Friends = append(reply.Friends, f)
		}
	}
	return core.Decision{Reply: &pb.Reply{Body: &pb.Reply_Profile{Profile: reply}}}, nil
}

// hear takes what a conversation tells: facts become events unless they are repeats, messages go to the sessions.
func (u *User) hear(tell *pb.Tell) (core.Decision, error) {
	teller := tell.From.Addr()
	if !teller.Valid() || teller.App != u.app {
		return core.Decision{}, im.E("user.hear", im.Invalid, "")
	}
	d := core.Decision{Loose: true}
	newest := map[string]uint64{}
	for _, item := range tell.Items {
		switch body := item.Body.(type) {
		case *pb.Told_Friend:
			if ev, isNew := u.noteFriend(body.Friend, item.Seq, newest); isNew {
				d.Events = append(d.Events, ev)
			}
		case *pb.Told_Delivery:
			d.Deliver = append(d.Deliver, core.Delivery{Teller: teller, Body: body.Delivery})
		default:
			return core.Decision{}, im.E("user.hear", im.Unsupported, "")
		}
	}
	return d, nil
}

// noteFriend returns the event for a fact; newest holds the teller seqs of the same batch.
func (u *User) noteFriend(fact *pb.FriendFact, seq uint64, newest map[string]uint64) (core.Event, bool) {
	known := max(newest[fact.Peer], u.friends[fact.Peer].GetTellerSeq())
	if seq <= known {
		return core.Event{}, false
	}
	newest[fact.Peer] = seq
	note := &pb.FriendNoted{Peer: fact.Peer, Friends: fact.Friends, TellerSeq: seq, Since: fact.Since}
	return core.Event{Body: &pb.Event{Body: &pb.Event_FriendNoted{FriendNoted: note}}}, true
}

// Apply implements core.Core.
func (u *User) Apply(ev core.Event) {
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_UserCreated:
	case *pb.Event_FriendNoted:
		f := body.FriendNoted
		// A fresh value each time: a reply may still hold the old one.
		u.friends[f.Peer] = &pb.Friend{Peer: f.Peer, Friends: f.Friends, TellerSeq: f.TellerSeq, Since: f.Since}
	default:
		return
	}
	u.exists = true
	u.updated = ev.TS
}

// Tells implements core.Core: a user has nothing to tell.
func (u *User) Tells(core.Event) []core.Tell { return nil }

// Marshal implements core.Core.
func (u *User) Marshal() []byte {
	return core.MarshalState(&pb.UserState{Exists: u.exists, Updated: int64(u.updated), Friends: u.sortedFriends()})
}

// Unmarshal implements core.Core.
func (u *User) Unmarshal(snapshot []byte) error {
	var state pb.UserState
	if err := proto.Unmarshal(snapshot, &state); err != nil {
		return err
	}
	u.exists, u.updated = state.Exists, im.Millis(state.Updated)
	u.friends = make(map[string]*pb.Friend, len(state.Friends))
	for _, f := range state.Friends {
		u.friends[f.Peer] = f
	}
	return nil
}

func (u *User) sortedFriends() []*pb.Friend {
	friends := make([]*pb.Friend, 0, len(u.friends))
	for _, f := range u.friends {
		friends = append(friends, f)
	}
	slices.SortFunc(friends, func(a, b *pb.Friend) int { return cmp.Compare(a.Peer, b.Peer) })
	return friends
}
