package dialog

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// parties are the two who talk.
type parties struct {
	relation im.Relation
	// first and second are users in the order of their ids, or, in a passenger relation, the passenger and the user.
	// NB: their ids may then be the same, so that it takes more than an id to know who speaks.
	first, second im.Address
}

func partiesOf(dialog im.Address) parties {
	first, second, _ := dialog.Parties()
	p := parties{dialog.Relation(), im.User(dialog.App, first), im.User(dialog.App, second)}
	if p.relation == im.PassengerRelation {
		p.first.Kind = im.KindPassenger
	}
	return p
}

// listener returns to whom from talks; ok = false when from is no party.
func (p *parties) listener(from string, byPassenger bool) (to im.Address, ok bool) {
	switch {
	case p.relation == im.PassengerRelation && byPassenger:
		return p.second, from == p.first.ID
	case p.relation == im.PassengerRelation:
		return p.first, from == p.second.ID
	case from == p.first.ID:
		return p.second, !byPassenger
	default:
		return p.first, !byPassenger && from == p.second.ID
	}
}

// arePair reports whether cmd names its listener, who is somebody else.
func (p *parties) arePair(cmd *pb.Say) bool {
	to, ok := p.listener(cmd.From, cmd.ByPassenger)
	return ok && cmd.To == to.ID && p.first != p.second
}

// sides returns who said it to whom.
func (p *parties) sides(said *pb.Said) (speaker, listener im.Address) {
	listener, _ = p.listener(said.Speaker, said.ByPassenger)
	if listener == p.first {
		return p.second, p.first
	}
	return p.first, p.second
}

// source says what sort of conversation this is, and in which direction it goes.
func (p *parties) source(byPassenger bool) pb.Source {
	switch {
	case p.relation == im.StrangerRelation:
		return pb.Source_STRANGER
	case p.relation == im.PassengerRelation && byPassenger:
		return pb.Source_PASSENGER
	case p.relation == im.PassengerRelation:
		return pb.Source_TO_PASSENGER
	}
	return pb.Source_FRIEND
}

func (p *parties) has(u string) bool { return u == p.first.ID || u == p.second.ID }
