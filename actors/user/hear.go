package user

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// hear takes what another actor tells: facts become events unless they are repeats, messages go to the sessions. A teller
// tells of one relation, so the newest fact of a batch is all that its others are measured against.
func (u *User) hear(tell *pb.Tell, now im.Millis) (core.Decision, error) {
	teller := tell.From.Addr()
	r, ok := u.relationOf(teller)
	if !ok {
		return core.Decision{}, im.E("user.hear", im.Invalid, "")
	}
	d := core.Decision{Loose: true}
	newest := u.facts[r]
	for _, item := range tell.Items {
		f, isFact := r.fact(item)
		switch {
		case isFact && f.seq > newest.seq:
			newest = f
			d.Events = append(d.Events, core.Event{Body: r.event(f)})
		case isFact: // a repeat
		case r.delivers(item):
			d.Out.Deliver = append(d.Out.Deliver, core.Delivery{Teller: teller, Body: item.GetDelivery()})
		default:
			return core.Decision{}, im.E("user.hear", im.Invalid, "")
		}
	}
	u.follow(r, newest, &d)
	return u.created(d, now), nil
}

// follow adds to d what follows from newest, the fact that holds when all of d is stored.
func (u *User) follow(r relation, newest fact, d *core.Decision) {
	switch {
	case r.sort == rooms:
		d.Out.Listen = listen(im.RoomID(r.id), newest.holds) // for a repeat too: a hub that was not there then must learn it
	case r.sort == friends && len(d.Events) > 0:
		d.Out.Met = r.id
	}
}

func listen(room im.RoomID, member bool) *core.Listen {
	if member {
		return &core.Listen{Joined: []im.RoomID{room}}
	}
	return &core.Listen{Left: []im.RoomID{room}}
}

// relationOf returns the relation that teller may tell of.
func (u *User) relationOf(teller im.Address) (r relation, ok bool) {
	if !teller.Valid() || teller.App != u.app {
		return relation{}, false
	}
	of := sort{teller.Kind, teller.Relation()}
	if of.kind != im.KindDialog {
		return relation{of, teller.ID}, u.may(of)
	}
	peer, ok := u.peer(teller)
	return relation{of, string(peer)}, ok && u.may(of)
}

// peer returns the other party of a dialog; ok = false when this one is none. A passenger comes first, a user who talks
// with one second: their ids say nothing.
func (u *User) peer(dialog im.Address) (peer im.UserID, ok bool) {
	first, second, ok := dialog.Parties()
	between := dialog.Relation() == im.PassengerRelation
	switch {
	case u.id == first && (!between || u.isPassenger()):
		return second, ok
	case u.id == second && (!between || !u.isPassenger()):
		return first, ok
	}
	return "", false
}

// fact returns the fact that item tells; ok = false when it is none of r.
func (r relation) fact(item *pb.Told) (f fact, ok bool) {
	switch body := item.Body.(type) {
	case *pb.Told_Friend:
		t := body.Friend
		return fact{t.Friends, item.Seq, t.Since}, r == relation{friends, t.Peer}
	case *pb.Told_Contact:
		t := body.Contact
		return fact{true, item.Seq, t.Since}, r == relation{strangers, t.Peer} || r == relation{passengers, t.Peer}
	case *pb.Told_Membership:
		t := body.Membership
		return fact{t.Member, item.Seq, t.Since}, r.sort == groups || r.sort == rooms
	case *pb.Told_Install:
		t := body.Install
		return fact{t.Bound, item.Seq, t.Since}, r.sort == installs
	}
	return fact{}, false
}

// delivers reports whether item is a message of r. A room tells none: its messages are published.
func (r relation) delivers(item *pb.Told) bool {
	d := item.GetDelivery()
	if d == nil {
		return false
	}
	switch r.sort {
	case friends:
		return d.Source == pb.Source_FRIEND
	case strangers:
		return d.Source == pb.Source_STRANGER
	case passengers:
		return d.Source == pb.Source_PASSENGER || d.Source == pb.Source_TO_PASSENGER
	case groups:
		return d.Source == pb.Source_GROUP
	default:
		return false
	}
}
