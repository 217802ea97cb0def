package dispatch

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// SetAttributes changes the attributes of a user, a passenger, a group or a room: all of c or nothing. im.NotFound when
// there is no such object, im.Invalid for an empty name or one with a NUL, im.TooLong when it would have more, longer or
// larger attributes than im.MaxAttributes and its neighbours allow. Nobody is created.
func (d *Dispatcher) SetAttributes(ctx context.Context, at im.Address, c AttributeChange) error {
	const op = "dispatch.SetAttributes"
	if err := checkBearer(op, at); err != nil {
		return err
	}
	if err := checkNames(op, c.Set); err != nil {
		return err
	}
	set := &pb.SetAttributes{Replace: c.Replace, Set: attributesTo(c.Set), Unset: validUTF8(c.Unset)}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_SetAttributes{SetAttributes: set}}
	_, err := d.do(ctx, op, at, cmd)
	return err
}
