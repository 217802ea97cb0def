package user

import (
	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Users and passengers differ in what follows, and in nothing else. That a passenger has no presence follows: nobody tells
// it of a friend.

func (u *User) isPassenger() bool { return u.kind == im.KindPassenger }

// may reports whether there may be relations of a sort: a passenger talks to users, and that is all.
func (u *User) may(of sort) bool {
	switch of {
	case passengers:
		return true
	case friends, strangers, groups, rooms, installs:
		return !u.isPassenger()
	}
	return false
}

// brings returns what a login says of attributes: a passenger brings its own, a user's are set by others.
func (u *User) brings(cmd *pb.Login) []*pb.Attribute {
	if u.isPassenger() {
		return cmd.Attributes
	}
	return nil
}

// record returns what searches find, nil for a passenger, whom they do not.
func (u *User) record(s attributes.Set, at im.Millis) *im.Record {
	if u.isPassenger() {
		return nil
	}
	return &im.Record{TS: at, Fields: s.Fields(), Body: s.Body()}
}

// source says what sort of receiver a system message has.
func (u *User) source() pb.Source {
	if u.isPassenger() {
		return pb.Source_TO_PASSENGER
	}
	return pb.Source_FRIEND
}
