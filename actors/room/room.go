// Package room is the core of a room: members and attributes, and messages that are live only.
//
// Who may be in, and how that changes, is package gathering's. The room adds that its members talk: each message goes,
// in the order of arrival and with a stamp of its own, straight to the sessions that listen, and is neither stored nor
// repeated. Who is not there has missed it.
package room

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/gathering"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Room is the state of a room.
type Room struct{ gathering.Gathering }

var (
	_ core.Core     = (*Room)(nil)
	_ core.Repeater = (*Room)(nil)
)

// New returns the room at addr before its first event. limit is the most members that it may have.
func New(addr im.Address, limit int) *Room {
	return &Room{gathering.New(addr, gathering.Options{Limit: limit})}
}

// Decide implements core.Core.
func (r *Room) Decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Say:
		return r.say(body.Say, now)
	case *pb.Command_System:
		return r.system(body.System, now)
	}
	return r.Gathering.Decide(cmd, now)
}

func (r *Room) say(cmd *pb.Say, now im.Millis) (core.Decision, error) {
	said, err := r.Said(cmd)
	if err != nil {
		return core.Decision{}, err
	}
	d := published(&pb.Delivery{Source: pb.Source_ROOM, From: said.Speaker, To: r.ID(), Ts: int64(now), Said: said})
	d.Reply = core.SayReply(0, now, false)
	return d, nil
}

// system lets the app itself speak, which is no member.
func (r *Room) system(cmd *pb.System, now im.Millis) (core.Decision, error) {
	if err := r.Exists(); err != nil {
		return core.Decision{}, err
	}
	if cmd.Content == nil {
		return core.Decision{}, im.E("room.system", im.Invalid, "")
	}
	return published(core.System(cmd.Content, cmd.Remark, cmd.Push, pb.Source_ROOM, r.ID(), now)), nil
}

func published(d *pb.Delivery) core.Decision {
	return core.Decision{Out: core.Out{Publish: []*pb.Delivery{d}}, Loose: true}
}
