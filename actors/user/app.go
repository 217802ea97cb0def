package user

import (
	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// setAttributes changes those of who exists.
func (u *User) setAttributes(cmd *pb.SetAttributes, now im.Millis) (core.Decision, error) {
	if err := u.found(); err != nil {
		return core.Decision{}, err
	}
	ev, after, err := u.attributes.Change(cmd)
	if err != nil || ev == nil {
		return core.Decision{}, err
	}
	return core.Decision{Events: attributes.Events(ev), Record: u.record(after, now)}, nil
}

// system hands what the app itself says to the sessions that are there.
func (u *User) system(cmd *pb.System, now im.Millis) (core.Decision, error) {
	if err := u.found(); err != nil {
		return core.Decision{}, err
	}
	if cmd.Content == nil {
		return core.Decision{}, im.E("user.system", im.Invalid, "")
	}
	body := core.System(cmd.Content, cmd.Remark, cmd.Push, u.source(), string(u.id), now)
	teller := im.Address{App: u.app, Kind: u.kind, ID: string(u.id)}
	return core.Decision{Out: core.Out{Deliver: []core.Delivery{{Teller: teller, Body: body}}}, Loose: true}, nil
}

// MayRepeat implements core.Repeater: the ids of these commands are drawn, so only a retried one may be a repeat.
func (u *User) MayRepeat(*pb.Command) bool { return false }

// Repeat implements core.Repeater: attributes that are stored must not be set again, over what came since. A login is
// decided anew.
func (u *User) Repeat(cmd *pb.Command, _ im.StoredAt) (reply *pb.Reply, afterTold bool) {
	if cmd.GetSetAttributes() == nil {
		return nil, false
	}
	return &pb.Reply{}, false
}
