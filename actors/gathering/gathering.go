// Package gathering is what groups and rooms have in common: members under an id, in the order of joining, and
// attributes.
//
// It is embedded by the cores in group and room, which add how one talks there; it is no core by itself. It promises that
// no command takes it over its limit of members, that an owner is a member, and that every user who joins or leaves is
// told so: what a user was told last says whether it is a member. Commands take effect whole or not at all. Once
// deleted, a gathering answers like one that never was, and its id is never used again.
//
// Joinings are numbered, and so members can be read page by page while others come and go: see page. A user who joins or
// leaves costs the same however many members there are, on average.
package gathering

import (
	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Options says what sort of gathering it is.
type Options struct {
	// Limit is the most members that there may be, an owner included. One that was lowered sends nobody away.
	Limit int
	// Owned says that there is always an owner; otherwise there is never one.
	Owned bool
}

// Gathering is the state of a group or a room.
type Gathering struct {
	addr im.Address
	opts Options
	// created is the stamp of the creation, 0 = never was.
	created im.Millis
	deleted bool
	// owner is "" unless Owned. Invariant: after the events of a command, the owner is a member.
	owner      string
	members    roster
	attributes attributes.Set
	// n is the number of the last message.
	n uint64
	// cleared is the number up to which messages are not shown any more.
	cleared uint64
}

// New returns the gathering at addr before its first event.
func New(addr im.Address, opts Options) Gathering { return Gathering{addr: addr, opts: opts} }

// ID returns the id of the group or room.
func (g *Gathering) ID() string { return g.addr.ID }

// N returns the number of the last message that was stored, 0 = none.
func (g *Gathering) N() uint64 { return g.n }

// Cleared returns the number up to which messages are not shown any more, 0 = none.
func (g *Gathering) Cleared() uint64 { return g.cleared }

// Size returns the number of members.
func (g *Gathering) Size() int { return g.members.size() }

// Decide answers the commands that groups and rooms share, as core.Core has it.
func (g *Gathering) Decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	if body := cmd.GetCreateGathering(); body != nil {
		return g.create(body, now)
	}
	if tell := cmd.GetTell(); tell != nil && g.deleted && tell.GetFrom().Addr() == g.addr {
		return g.goOn(), nil
	}
	if err := g.Exists(); err != nil {
		return core.Decision{}, err
	}
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Describe:
		return g.describe(body.Describe), nil
	case *pb.Command_Members:
		return g.page(body.Members)
	case *pb.Command_ChangeGathering:
		return g.change(body.ChangeGathering)
	case *pb.Command_SetAttributes:
		return g.setAttributes(body.SetAttributes)
	case *pb.Command_AddMembers:
		return g.add(body.AddMembers.Members)
	case *pb.Command_RemoveMembers:
		return g.remove(body.RemoveMembers.Members)
	case *pb.Command_DeleteGathering:
		return g.delete(), nil
	}
	return core.Decision{}, im.E("gathering.decide", im.Unsupported, "")
}

// Said returns what cmd says, as it is stored and told. Only members of what exists may say something.
func (g *Gathering) Said(cmd *pb.Say) (*pb.Said, error) {
	if err := g.Exists(); err != nil {
		return nil, err
	}
	if cmd.Content == nil {
		return nil, im.E("gathering.say", im.Invalid, "")
	}
	if !g.members.has(cmd.From) {
		return nil, im.E("gathering.say", im.NotPermitted, "not a member")
	}
	return core.Said(cmd), nil
}

// MayRepeat implements core.Repeater: the ids of these commands are drawn, so only a retried one may be a repeat.
func (g *Gathering) MayRepeat(*pb.Command) bool { return false }

// Repeat implements core.Repeater: what is stored is done, and must not be done to what came of it since. Of
// attributes alone nobody is told.
func (g *Gathering) Repeat(cmd *pb.Command, _ im.StoredAt) (reply *pb.Reply, afterTold bool) {
	return &pb.Reply{}, cmd.GetSetAttributes() == nil
}

// Exists returns nil, or im.NotFound for what never was or is no more.
func (g *Gathering) Exists() error {
	if g.created == 0 || g.deleted {
		return im.E("gathering.find", im.NotFound, "no such "+g.addr.Kind.String())
	}
	return nil
}
