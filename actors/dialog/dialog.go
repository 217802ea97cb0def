// Package dialog is the core of one relation of two users: whether they are friends, and their messages' numbers.
//
// It owns the relation and its history; the users hear of it by tells. The history itself stays in the log: no message
// body is ever part of the state.
package dialog

import (
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Dialog is the state of a friend relation.
type Dialog struct {
	app       im.AppID
	low, high im.UserID
	state     pb.DialogState
}

var (
	_ core.Core     = (*Dialog)(nil)
	_ core.Repeater = (*Dialog)(nil)
)

// New returns the dialog at addr before its first event. addr is built by im.FriendDialog.
func New(addr im.Address) *Dialog {
	low, high, _ := addr.Parties()
	return &Dialog{app: addr.App, low: low, high: high}
}

// Decide implements core.Core.
func (d *Dialog) Decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Befriend:
		return d.befriend(body.Befriend, now)
	case *pb.Command_Unfriend:
		return d.unfriend(body.Unfriend)
	case *pb.Command_Friendship:
		return d.friendship()
	case *pb.Command_Say:
		return d.say(body.Say, now)
	}
	return core.Decision{}, im.E("dialog.decide", im.Unsupported, "")
}

func (d *Dialog) befriend(cmd *pb.Befriend, now im.Millis) (core.Decision, error) {
	if !d.arePair(cmd.From, cmd.To) {
		return core.Decision{}, im.E("dialog.befriend", im.Invalid, "")
	}
	if d.state.Friends {
		return core.Decision{Reply: d.relation(d.state.From, d.state.To, d.state.Since)}, nil
	}
	from, to := cmd.From, cmd.To
	if d.state.From != "" { // who asked whom is kept from the first call
		from, to = d.state.From, d.state.To
	}
	event := &pb.Event{Body: &pb.Event_Befriended{Befriended: &pb.Befriended{From: from, To: to}}}
	return core.Decision{
		Events:    []core.Event{{Owes: true, Body: event}},
		Reply:     d.relation(from, to, int64(now)),
		AfterTold: true,
	}, nil
}

func (d *Dialog) unfriend(cmd *pb.Unfriend) (core.Decision, error) {
	if !d.isParty(cmd.By) {
		return core.Decision{}, im.E("dialog.unfriend", im.Invalid, "")
	}
	if !d.state.Friends {
		return core.Decision{}, nil
	}
	event := &pb.Event{Body: &pb.Event_Unfriended{Unfriended: &pb.Unfriended{By: cmd.By}}}
	return core.Decision{Events: []core.Event{{Owes: true, Body: event}}, AfterTold: true}, nil
}

func (d *Dialog) friendship() (core.Decision, error) {
	if !d.state.Friends {
		return core.Decision{}, im.E("dialog.friendship", im.NotFound, "not friends")
	}
	return core.Decision{Reply: d.relation(d.state.From, d.state.To, d.state.Since)}, nil
}

func (d *Dialog) say(cmd *pb.Say, now im.Millis) (core.Decision, error) {
	if !d.arePair(cmd.From, cmd.To) || cmd.Content == nil {
		return core.Decision{}, im.E("dialog.say", im.Invalid, "")
	}
	if !d.state.Friends {
		return core.Decision{}, im.E("dialog.say", im.NotPermitted, "not friends")
	}
	event := &pb.Event{Body: &pb.Event_Said{Said: core.Said(cmd)}}
	return core.Decision{
		Events: []core.Event{{Message: true, Owes: true, Body: event}},
		Reply:  core.SayReply(d.state.N+1, now, false),
	}, nil
}

// MayRepeat implements core.Repeater: a client that draws an id may send it twice.
func (d *Dialog) MayRepeat(cmd *pb.Command) bool { return cmd.GetSay().GetClientId() != "" }

// Repeat implements core.Repeater: a message that is stored already gets the first answer.
func (d *Dialog) Repeat(cmd *pb.Command, at im.StoredAt) *pb.Reply {
	if cmd.GetSay() == nil {
		return nil
	}
	return core.SayReply(at.N, at.TS, true)
}

// Apply implements core.Core.
func (d *Dialog) Apply(ev core.Event) {
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_Befriended:
		d.state.Friends = true
		d.state.From, d.state.To = body.Befriended.From, body.Befriended.To
		d.state.Since = int64(ev.TS)
	case *pb.Event_Unfriended:
		d.state.Friends = false
	case *pb.Event_Said:
		d.state.N = ev.N
	}
}

// Tells implements core.Core: both users hear that the relation changed, and of every message.
func (d *Dialog) Tells(ev core.Event) []core.Tell {
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_Befriended:
		return d.tellBoth(true, ev.TS)
	case *pb.Event_Unfriended:
		return d.tellBoth(false, ev.TS)
	case *pb.Event_Said:
		return d.tellSaid(body.Said, ev)
	}
	return nil
}

func (d *Dialog) tellBoth(friends bool, since im.Millis) []core.Tell {
	return []core.Tell{d.tellFact(d.low, d.high, friends, since), d.tellFact(d.high, d.low, friends, since)}
}

func (d *Dialog) tellFact(to, peer im.UserID, friends bool, since im.Millis) core.Tell {
	fact := &pb.FriendFact{Peer: string(peer), Friends: friends, Since: int64(since)}
	return core.Tell{To: im.User(d.app, to), Item: &pb.Told{Body: &pb.Told_Friend{Friend: fact}}}
}

func (d *Dialog) tellSaid(said *pb.Said, ev core.Event) []core.Tell {
	speaker := im.UserID(said.Speaker)
	listener := d.other(speaker)
	item := &pb.Told{Body: &pb.Told_Delivery{Delivery: &pb.Delivery{
		From: said.Speaker, To: string(listener), N: ev.N, Ts: int64(ev.TS), Said: said,
	}}}
	return []core.Tell{{To: im.User(d.app, listener), Item: item}, {To: im.User(d.app, speaker), Item: item}}
}

// Marshal implements core.Core.
func (d *Dialog) Marshal() []byte { return core.MarshalState(&d.state) }

// Unmarshal implements core.Core.
func (d *Dialog) Unmarshal(snapshot []byte) error {
	proto.Reset(&d.state)
	return proto.Unmarshal(snapshot, &d.state)
}

func (d *Dialog) relation(from, to string, since int64) *pb.Reply {
	return &pb.Reply{Body: &pb.Reply_Friendship{Friendship: &pb.FriendshipReply{From: from, To: to, Since: since}}}
}

func (d *Dialog) isParty(u string) bool { return u == string(d.low) || u == string(d.high) }

func (d *Dialog) arePair(a, b string) bool { return a != b && d.isParty(a) && d.isParty(b) }

func (d *Dialog) other(u im.UserID) im.UserID {
	if u == d.low {
		return d.high
	}
	return d.low
}
