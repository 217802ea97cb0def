package gathering

import (
	"cmp"
	"slices"

	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func (g *Gathering) create(cmd *pb.CreateGathering, now im.Millis) (core.Decision, error) {
	if g.created != 0 {
		return core.Decision{}, im.E("gathering.create", im.Conflict, "")
	}
	given, err := g.named(cmd.Owner, cmd.Members)
	if err != nil {
		return core.Decision{}, err
	}
	members := given.list()
	if err := g.fits(members, nil); err != nil {
		return core.Decision{}, err
	}
	set, err := attributes.Checked(cmd.Attributes)
	if err != nil {
		return core.Decision{}, err
	}
	d := decided(core.Event{Owes: len(members) > 0, Body: &pb.Event{Body: &pb.Event_GatheringCreated{
		GatheringCreated: &pb.GatheringCreated{Owner: cmd.Owner, Members: members, Attributes: set},
	}}})
	d.Record = record(now, set)
	return d, nil
}

func (g *Gathering) change(cmd *pb.ChangeGathering) (core.Decision, error) {
	joining, leaving, err := g.moves(cmd)
	if err != nil {
		return core.Decision{}, err
	}
	d, err := g.setAttributes(&pb.SetAttributes{Set: cmd.Attributes})
	if err != nil {
		return core.Decision{}, err
	}
	events := d.Events
	if cmd.Owner != "" && cmd.Owner != g.owner {
		events = append(events, core.Event{Body: &pb.Event{Body: &pb.Event_OwnerChanged{
			OwnerChanged: &pb.OwnerChanged{Owner: cmd.Owner},
		}}})
	}
	// The event that owes comes last: told up to it is told up to the end of the command.
	all := decided(append(events, g.membersChanged(joining, leaving)...)...)
	all.Record = d.Record
	return all, nil
}

// moves returns who joins and who leaves by cmd. Whoever owns the gathering afterwards is in.
func (g *Gathering) moves(cmd *pb.ChangeGathering) (joining, leaving []string, err error) {
	var list []string
	if cmd.ReplaceMembers {
		list = cmd.Members
	}
	given, err := g.named(cmp.Or(cmd.Owner, g.owner), list)
	if err != nil {
		return nil, nil, err
	}
	joining = given.without(&g.members)
	if cmd.ReplaceMembers {
		leaving = g.members.without(given)
	}
	return joining, leaving, g.fits(joining, leaving)
}

func (g *Gathering) add(users []string) (core.Decision, error) {
	given, err := distinct(users)
	if err != nil {
		return core.Decision{}, err
	}
	joining := given.without(&g.members)
	if err := g.fits(joining, nil); err != nil {
		return core.Decision{}, err
	}
	return decided(g.membersChanged(joining, nil)...), nil
}

func (g *Gathering) remove(users []string) (core.Decision, error) {
	given, err := distinct(users)
	if err != nil {
		return core.Decision{}, err
	}
	if given.has(g.owner) {
		return core.Decision{}, im.E("gathering.remove", im.Invalid, "the owner cannot be removed")
	}
	return decided(g.membersChanged(nil, given.within(&g.members))...), nil
}

// decided makes the decision for events; the answer waits for those who must be told, if there are any.
func decided(events ...core.Event) core.Decision {
	owes := slices.ContainsFunc(events, func(ev core.Event) bool { return ev.Owes })
	return core.Decision{Events: events, AfterTold: owes}
}

// fits refuses to take the gathering over its limit. Only who joins can do that.
func (g *Gathering) fits(joining, leaving []string) error {
	if len(joining) > 0 && g.members.size()+len(joining)-len(leaving) > g.opts.Limit {
		return im.E("gathering.limit", im.Full, "")
	}
	return nil
}

// named returns the users that a command names, an owner first. There must be an owner exactly if there may be one.
func (g *Gathering) named(owner string, users []string) (*roster, error) {
	if g.opts.Owned != (owner != "") {
		return nil, im.E("gathering.owner", im.Invalid, "")
	}
	if owner == "" {
		return distinct(users)
	}
	return distinct(slices.Concat([]string{owner}, users))
}

// distinct returns users in their order, each once.
func distinct(users []string) (*roster, error) {
	for _, u := range users {
		if !im.UserID(u).Valid() {
			return nil, im.E("gathering.members", im.Invalid, "malformed user id")
		}
	}
	return rosterOf(users), nil
}
