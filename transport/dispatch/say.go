package dispatch

import (
	"context"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Say stores a message for a friend, a stranger, a passenger or a group, or of a passenger for a user. im.NotPermitted when
// the two are not friends, From is no member, or a stranger is From itself; im.NotFound when To does not exist. That From
// does is the caller's to know. It answers once a majority has the message on disk. For a room there is SayLive.
func (d *Dispatcher) Say(ctx context.Context, s Say) (Said, error) {
	const op = "dispatch.Say"
	to, err := storing(op, s)
	if err != nil {
		return Said{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout()) // over all commands
	defer cancel()
	began := time.Now()
	r, err := d.introduced(ctx, op, to, s)
	if err != nil {
		return Said{}, d.whyNotSaid(ctx, s, err)
	}
	d.opts.ObserveSay(time.Since(began))
	said := saidOf(r.GetSay())
	said.Duplicate = said.Duplicate && s.ClientID != "" // else it was this call that sent it again
	return said, nil
}

// introduced sends s to the dialog or group at to. Two who never talked as strangers, or as passenger and user, must be
// introduced: if To exists, s is sent again under the same id.
func (d *Dispatcher) introduced(ctx context.Context, op string, to im.Address, s Say) (*pb.Reply, error) {
	cmd := d.storedCommand(s)
	r, err := d.do(ctx, op, to, cmd)
	if im.KindOf(err) != im.NotFound || err == nil || !s.toContact() {
		return r, err
	}
	if err := d.exists(ctx, op, s.To); err != nil {
		return nil, err
	}
	again, say := sayCommand(s)
	again.Id, say.Introduced = cmd.GetId(), true
	return d.do(ctx, op, to, again)
}

// exists returns im.NotFound when the user or passenger at at does not.
func (d *Dispatcher) exists(ctx context.Context, op string, at im.Address) error {
	// Changes nothing. Unlike a profile it costs the same however many friends and contacts there are.
	_, err := d.do(ctx, op, at, &pb.Command{Body: &pb.Command_SetAttributes{SetAttributes: &pb.SetAttributes{}}})
	return err
}

// storing returns the address whose log takes s.
func storing(op string, s Say) (im.Address, error) {
	if err := checkSay(op, s); err != nil {
		return im.Address{}, err
	}
	switch s.To.Kind {
	case im.KindUser:
		return userDialog(op, s)
	case im.KindPassenger:
		return im.PassengerDialog(s.To.App, im.PassengerID(s.To.ID), s.From), checkPassenger(op, s.To)
	case im.KindGroup:
		return s.To, checkGathering(op, s.To)
	default:
		return im.Address{}, im.E(op, im.Unsupported, "")
	}
}

// userDialog returns the dialog in which From talks to a user.
func userDialog(op string, s Say) (im.Address, error) {
	app, to := s.To.App, im.UserID(s.To.ID)
	if err := checkIDs(op, app, to); err != nil {
		return im.Address{}, err
	}
	if s.From == to && s.Relation != im.PassengerRelation {
		return im.Address{}, im.E(op, im.NotPermitted, "nobody is their own friend, nor a stranger to themselves")
	}
	switch s.Relation {
	case im.PassengerRelation:
		return im.PassengerDialog(app, im.PassengerID(s.From), to), nil
	case im.StrangerRelation:
		return im.StrangerDialog(app, s.From, to), nil
	case im.FriendRelation, "":
		return im.FriendDialog(app, s.From, to), nil
	}
	return im.Address{}, im.E(op, im.Unsupported, "")
}

// byPassenger reports whether From is a passenger.
func (s *Say) byPassenger() bool {
	return s.To.Kind == im.KindUser && s.Relation == im.PassengerRelation
}

// toContact reports whether s is for somebody who need not be a friend.
func (s *Say) toContact() bool {
	return s.To.Kind == im.KindPassenger || s.byPassenger() || s.To.Kind == im.KindUser && s.Relation == im.StrangerRelation
}

// whyNotSaid tells a stranger from a user who does not exist: a dialog knows its relation only. A group knows whether
// it exists.
func (d *Dispatcher) whyNotSaid(ctx context.Context, s Say, err error) error {
	if s.To.Kind != im.KindUser || im.KindOf(err) != im.NotPermitted {
		return err
	}
	if unknown := d.exists(ctx, "dispatch.Say", s.To); unknown != nil && im.KindOf(unknown) == im.NotFound {
		return im.E("dispatch.Say", im.NotFound, "no such user")
	}
	return err
}

// storedCommand returns the command that says s, under the id that it is stored by.
func (d *Dispatcher) storedCommand(s Say) *pb.Command {
	cmd, _ := sayCommand(s)
	if s.ClientID == "" {
		cmd.Id = d.opts.NewID()
	} else {
		cmd.Id = clientCommandID(s)
	}
	return cmd
}
