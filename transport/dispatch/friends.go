package dispatch

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Befriend makes from and to friends and creates whichever does not exist. When they are friends already it answers
// the friendship as it is. im.Invalid for one's own friend.
func (d *Dispatcher) Befriend(ctx context.Context, app im.AppID, from, to im.UserID) (Friendship, error) {
	const op = "dispatch.Befriend"
	if err := checkPair(op, app, from, to); err != nil {
		return Friendship{}, err
	}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Befriend{Befriend: &pb.Befriend{From: string(from), To: string(to)}}}
	r, err := d.do(ctx, op, im.FriendDialog(app, from, to), cmd)
	if err != nil {
		return Friendship{}, err
	}
	return friendshipOf(r.GetFriendship()), nil
}

// Unfriend ends the friendship of by and other. Ending what never began is done.
func (d *Dispatcher) Unfriend(ctx context.Context, app im.AppID, by, other im.UserID) error {
	const op = "dispatch.Unfriend"
	if err := checkIDs(op, app, by, other); err != nil {
		return err
	}
	if by == other {
		return nil // nobody is their own friend
	}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: string(by)}}}
	_, err := d.do(ctx, op, im.FriendDialog(app, by, other), cmd)
	return err
}

// Friendship reads the relation of a and b; im.NotFound when they are not friends.
func (d *Dispatcher) Friendship(ctx context.Context, app im.AppID, a, b im.UserID) (Friendship, error) {
	const op = "dispatch.Friendship"
	if err := checkIDs(op, app, a, b); err != nil {
		return Friendship{}, err
	}
	if a == b {
		return Friendship{}, im.E(op, im.NotFound, "")
	}
	cmd := &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}}
	r, err := d.do(ctx, op, im.FriendDialog(app, a, b), cmd)
	if err != nil {
		return Friendship{}, err
	}
	return friendshipOf(r.GetFriendship()), nil
}
