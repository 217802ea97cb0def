// Package group is the core of a group: an owner, members, attributes, and the numbers of its messages.
//
// Who may be in, and how that changes, is package gathering's. The group adds that its members talk: each message is
// stored once, numbered without gaps, and told to everybody who is a member then, the speaker included, whose other
// sessions mirror it. The history itself stays in the log: no message body is ever part of the state.
package group

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/gathering"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Group is the state of a group.
type Group struct{ gathering.Gathering }

var (
	_ core.Core     = (*Group)(nil)
	_ core.Repeater = (*Group)(nil)
	_ core.Rewinder = (*Group)(nil)
)

// New returns the group at addr before its first event. limit is the most members that it may have, its owner included.
func New(addr im.Address, limit int) *Group {
	return &Group{gathering.New(addr, gathering.Options{Limit: limit, Owned: true})}
}

// Decide implements core.Core.
func (g *Group) Decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Say:
		return g.say(body.Say, now)
	case *pb.Command_System:
		return g.system(body.System)
	case *pb.Command_ClearHistory:
		return g.clearHistory()
	}
	return g.Gathering.Decide(cmd, now)
}

func (g *Group) say(cmd *pb.Say, now im.Millis) (core.Decision, error) {
	said, err := g.Said(cmd)
	if err != nil {
		return core.Decision{}, err
	}
	event := &pb.Event{Body: &pb.Event_Said{Said: said}}
	return core.Decision{
		Events: []core.Event{{Message: true, Owes: true, Body: event}},
		Reply:  core.SayReply(g.N()+1, now, false),
	}, nil
}

// MayRepeat implements core.Repeater: a client that draws an id may send it twice.
func (g *Group) MayRepeat(cmd *pb.Command) bool { return cmd.GetSay().GetClientId() != "" }

// Repeat implements core.Repeater: a message that is stored already gets the first answer.
func (g *Group) Repeat(cmd *pb.Command, at im.StoredAt) (reply *pb.Reply, afterTold bool) {
	switch cmd.GetBody().(type) {
	case *pb.Command_Say:
		return core.SayReply(at.N, at.TS, true), false
	case *pb.Command_System, *pb.Command_ClearHistory:
		return &pb.Reply{}, false
	}
	return g.Gathering.Repeat(cmd, at)
}

// Tells implements core.Core: members hear of every message, users of their joining and leaving.
func (g *Group) Tells(ev core.Event) []core.Tell {
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_Said:
		return g.tellMembers(&pb.Delivery{
			Source: pb.Source_GROUP, From: body.Said.Speaker, To: g.ID(), N: ev.N, Ts: int64(ev.TS), Said: body.Said,
		})
	case *pb.Event_SystemSaid:
		s := body.SystemSaid
		d := core.System(s.Content, s.Remark, s.Push, pb.Source_GROUP, g.ID(), ev.TS)
		d.Seq = ev.Seq
		return g.tellMembers(d)
	}
	return g.Gathering.Tells(ev)
}

func (g *Group) tellMembers(d *pb.Delivery) []core.Tell {
	return g.TellMembers(&pb.Told{Body: &pb.Told_Delivery{Delivery: d}})
}
