package dispatch

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// DrawPassenger draws an id for a passenger: 32 hex digits, not to be guessed.
func DrawPassenger() im.PassengerID { return im.PassengerID(randomID()) }

// Welcome makes sure that the passenger exists and merges set into its attributes. "" draws an id, as DrawPassenger; the
// passenger's id is returned. Errors as SetAttributes.
func (d *Dispatcher) Welcome(ctx context.Context, app im.AppID, p im.PassengerID, set []Attribute) (im.PassengerID, error) {
	const op = "dispatch.Welcome"
	if p == "" {
		p = DrawPassenger()
	}
	at := im.Passenger(app, p)
	if err := checkBearer(op, at); err != nil {
		return "", err
	}
	if err := checkNames(op, set); err != nil {
		return "", err
	}
	login := &pb.Login{Attributes: attributesTo(set)}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Login{Login: login}}
	if _, err := d.do(ctx, op, at, cmd); err != nil {
		return "", err
	}
	return p, nil
}

// Passenger reads a passenger; im.NotFound when it does not exist.
func (d *Dispatcher) Passenger(ctx context.Context, app im.AppID, p im.PassengerID) (Passenger, error) {
	const op = "dispatch.Passenger"
	at := im.Passenger(app, p)
	if err := checkBearer(op, at); err != nil {
		return Passenger{}, err
	}
	r, err := d.do(ctx, op, at, &pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}})
	if err != nil {
		return Passenger{}, err
	}
	return passengerOf(r.GetProfile()), nil
}
