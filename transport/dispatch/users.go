package dispatch

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Login makes sure that the user exists, and that install is the user's and nobody else's; "" = no installation. Once
// it is answered, the hub that the user entered knows the user's rooms.
func (d *Dispatcher) Login(ctx context.Context, app im.AppID, user im.UserID, install im.InstallID) error {
	const op = "dispatch.Login"
	if err := checkIDs(op, app, user); err != nil {
		return err
	}
	if install != "" && !install.Valid() {
		return errInstall(op)
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout()) // over both commands
	defer cancel()
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Login{Login: &pb.Login{Install: string(install)}}}
	r, err := d.do(ctx, op, im.User(app, user), cmd)
	if err != nil || install == "" || r.GetLogin().GetBound() {
		return err
	}
	cmd = &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Bind{Bind: &pb.Bind{User: string(user)}}}
	_, err = d.do(ctx, op, im.Device(app, install), cmd)
	return err
}

// Logout ends that install is the user's. Ending what is not so is done.
func (d *Dispatcher) Logout(ctx context.Context, app im.AppID, user im.UserID, install im.InstallID) error {
	const op = "dispatch.Logout"
	if err := checkIDs(op, app, user); err != nil {
		return err
	}
	if !install.Valid() {
		return errInstall(op)
	}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Unbind{Unbind: &pb.Unbind{User: string(user)}}}
	_, err := d.do(ctx, op, im.Device(app, install), cmd)
	return err
}

// Profile reads a user; im.NotFound when it does not exist.
func (d *Dispatcher) Profile(ctx context.Context, app im.AppID, user im.UserID) (Profile, error) {
	const op = "dispatch.Profile"
	if err := checkIDs(op, app, user); err != nil {
		return Profile{}, err
	}
	r, err := d.do(ctx, op, im.User(app, user), &pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}})
	if err != nil {
		return Profile{}, err
	}
	return profileOf(r.GetProfile()), nil
}
