// Package dialog is the core of one relation of two parties: whether they may talk, and their messages' numbers.
//
// The relation of the address says which rules hold. Friends are two users who befriended each other, and talk while they
// are friends. Strangers are two users, and a passenger and a user are another pair, who talk as soon as somebody has
// seen that both exist; from their first message on they are each other's contacts, for good.
//
// A dialog owns the relation and its history; the parties hear of it by tells. The history itself stays in the log: no
// message body is ever part of the state.
package dialog

import (
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Dialog is the state of a relation.
type Dialog struct {
	parties
	rules rules
	state pb.DialogState
}

// rules are what the relations differ in.
type rules interface {
	// decide answers the commands of this relation alone.
	decide(cmd *pb.Command, now im.Millis) (core.Decision, error)
	// admits returns the events that come with what cmd says, or why it may not be said.
	admits(cmd *pb.Say) ([]core.Event, error)
	// tells returns what the parties learn of an event of this relation alone.
	tells(ev core.Event) []core.Tell
}

var (
	_ core.Core     = (*Dialog)(nil)
	_ core.Repeater = (*Dialog)(nil)
)

// New returns the dialog at addr before its first event. addr is built by im.FriendDialog, im.StrangerDialog or
// im.PassengerDialog.
func New(addr im.Address) *Dialog {
	d := &Dialog{parties: partiesOf(addr)}
	switch addr.Relation() {
	case im.StrangerRelation, im.PassengerRelation:
		d.rules = contacts{d}
	default:
		d.rules = friends{d}
	}
	return d
}

// Decide implements core.Core.
func (d *Dialog) Decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	if say := cmd.GetSay(); say != nil {
		return d.say(say, now)
	}
	return d.rules.decide(cmd, now)
}

func (d *Dialog) say(cmd *pb.Say, now im.Millis) (core.Decision, error) {
	if !d.arePair(cmd) || cmd.Content == nil {
		return core.Decision{}, im.E("dialog.say", im.Invalid, "")
	}
	with, err := d.rules.admits(cmd)
	if err != nil {
		return core.Decision{}, err
	}
	event := &pb.Event{Body: &pb.Event_Said{Said: core.Said(cmd)}}
	return core.Decision{
		// NB: the message comes first. Its number and stamp are the answer, also to a repeat, which finds the first event.
		Events:    append([]core.Event{{Message: true, Owes: true, Body: event}}, with...),
		Reply:     core.SayReply(d.state.N+1, now, false),
		AfterTold: len(with) > 0,
	}, nil
}

// MayRepeat implements core.Repeater: a client that draws an id may send it twice.
func (d *Dialog) MayRepeat(cmd *pb.Command) bool { return cmd.GetSay().GetClientId() != "" }

// Repeat implements core.Repeater: what is stored already gets the first answer, and must not be done to what came of it since.
func (d *Dialog) Repeat(cmd *pb.Command, at im.StoredAt) (reply *pb.Reply, afterTold bool) {
	switch cmd.GetBody().(type) {
	case *pb.Command_Say:
		return core.SayReply(at.N, at.TS, true), d.state.Introduced && at.N == 1 // the first message introduces its parties
	case *pb.Command_Befriend:
		return friendship(d.state.From, d.state.To, int64(at.TS)), true
	case *pb.Command_Unfriend:
		return &pb.Reply{}, true
	}
	return nil, false
}

// Apply implements core.Core.
func (d *Dialog) Apply(ev core.Event) {
	if ev.Message {
		d.state.N = ev.N
	}
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_Befriended:
		d.state.Friends = true
		d.state.From, d.state.To = body.Befriended.From, body.Befriended.To
		d.state.Since = int64(ev.TS)
	case *pb.Event_Unfriended:
		d.state.Friends = false
	case *pb.Event_Introduced:
		d.state.Introduced = true
	}
}

// Tells implements core.Core: both parties hear that the relation changed, and of every message.
func (d *Dialog) Tells(ev core.Event) []core.Tell {
	if said := ev.Body.GetSaid(); said != nil {
		return d.tellSaid(said, ev)
	}
	return d.rules.tells(ev)
}

func (d *Dialog) tellSaid(said *pb.Said, ev core.Event) []core.Tell {
	speaker, listener := d.sides(said)
	item := &pb.Told{Body: &pb.Told_Delivery{Delivery: &pb.Delivery{
		Source: d.source(said.ByPassenger), From: said.Speaker, To: listener.ID, N: ev.N, Ts: int64(ev.TS), Said: said,
	}}}
	return []core.Tell{{To: listener, Item: item}, {To: speaker, Item: item}}
}

// Marshal implements core.Core.
func (d *Dialog) Marshal() []byte { return core.MarshalState(&d.state) }

// Unmarshal implements core.Core.
func (d *Dialog) Unmarshal(snapshot []byte) error {
	proto.Reset(&d.state)
	return proto.Unmarshal(snapshot, &d.state)
}
