package dispatch

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What follows takes the address of a group or a room, im.Group or im.Room; im.Invalid for any other, im.NotFound when
// there is none, or none any more. Users who are named and do not exist are created. What is wrong with attributes is said
// as by SetAttributes.

// CreateGroup makes a group and returns its id, 32 hex digits. im.Invalid without an owner, im.Full with more members
// than a group may have.
func (d *Dispatcher) CreateGroup(ctx context.Context, app im.AppID, n NewGathering) (im.GroupID, error) {
	at := im.Group(app, im.GroupID(randomID()))
	if err := d.create(ctx, "dispatch.CreateGroup", at, n); err != nil {
		return "", err
	}
	return im.GroupID(at.ID), nil
}

// CreateRoom makes a room and returns its id, 32 hex digits. im.Invalid with an owner, im.Full with more members than
// a room may have.
func (d *Dispatcher) CreateRoom(ctx context.Context, app im.AppID, n NewGathering) (im.RoomID, error) {
	at := im.Room(app, im.RoomID(randomID()))
	if err := d.create(ctx, "dispatch.CreateRoom", at, n); err != nil {
		return "", err
	}
	return im.RoomID(at.ID), nil
}

func (d *Dispatcher) create(ctx context.Context, op string, at im.Address, n NewGathering) error {
	if n.Owner == "" && at.Kind == im.KindGroup {
		return im.E(op, im.Invalid, "owner is missing")
	}
	if err := checkOwner(op, at, n.Owner); err != nil {
		return err
	}
	if err := checkNames(op, n.Attributes); err != nil {
		return err
	}
	return d.change(ctx, op, at, n.Members, &pb.Command{Body: &pb.Command_CreateGathering{CreateGathering: &pb.CreateGathering{
		Owner: string(n.Owner), Members: texts(n.Members), Attributes: attributesTo(n.Attributes),
	}}})
}

// Change changes what c gives, all of it or nothing. im.Invalid for a room's owner, im.Full with too many members.
func (d *Dispatcher) Change(ctx context.Context, at im.Address, c Change) error {
	const op = "dispatch.Change"
	if err := checkOwner(op, at, c.Owner); err != nil {
		return err
	}
	if err := checkNames(op, c.Attributes); err != nil {
		return err
	}
	return d.change(ctx, op, at, c.Members, &pb.Command{Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{
		Owner: string(c.Owner), Attributes: attributesTo(c.Attributes),
		ReplaceMembers: c.ReplaceMembers, Members: texts(c.Members),
	}}})
}

// AddMembers lets users join; those who are in are ignored. im.Full, and nobody joins, when they would be too many.
func (d *Dispatcher) AddMembers(ctx context.Context, at im.Address, members []im.UserID) error {
	add := &pb.AddMembers{Members: texts(members)}
	return d.change(ctx, "dispatch.AddMembers", at, members, &pb.Command{Body: &pb.Command_AddMembers{AddMembers: add}})
}

// RemoveMembers takes users out; those who are not in are ignored. im.Invalid, and nobody leaves, when a group's owner
// is among them.
func (d *Dispatcher) RemoveMembers(ctx context.Context, at im.Address, members []im.UserID) error {
	remove := &pb.RemoveMembers{Members: texts(members)}
	return d.change(ctx, "dispatch.RemoveMembers", at, members, &pb.Command{Body: &pb.Command_RemoveMembers{RemoveMembers: remove}})
}

// Delete ends a group or a room for good.
func (d *Dispatcher) Delete(ctx context.Context, at im.Address) error {
	cmd := &pb.Command{Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}}
	return d.change(ctx, "dispatch.Delete", at, nil, cmd)
}

// change sends a durable command that names members to the group or room at at.
func (d *Dispatcher) change(ctx context.Context, op string, at im.Address, members []im.UserID, cmd *pb.Command) error {
	if err := checkGathering(op, at); err != nil {
		return err
	}
	if err := checkIDs(op, at.App, members...); err != nil {
		return err
	}
	cmd.Id = d.opts.NewID()
	_, err := d.do(ctx, op, at, cmd)
	return err
}
