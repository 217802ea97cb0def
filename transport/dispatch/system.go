package dispatch

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// System hands a message from the app to the sessions of a user or passenger, or to those of the members of a group or
// room; im.NotFound when there is no such receiver. To a group it is stored, and told like any message. To the others it is
// live only, and sent once: im.Unavailable leaves open whether anybody heard it.
func (d *Dispatcher) System(ctx context.Context, to im.Address, s SystemMessage) error {
	const op = "dispatch.System"
	if err := checkBearer(op, to); err != nil {
		return err
	}
	if err := checkBody(op, s.Body); err != nil {
		return err
	}
	cmd := &pb.Command{Body: &pb.Command_System{System: &pb.System{
		Content: &pb.Content{Media: s.Media, Body: s.Body}, Remark: s.Remark, Push: s.Push,
	}}}
	if to.Kind != im.KindGroup {
		_, err := d.doOnce(ctx, op, to, cmd)
		return err
	}
	cmd.Id = d.opts.NewID()
	_, err := d.do(ctx, op, to, cmd)
	return err
}

// SystemToAll hands a message from the app to all sessions that are there, users' and passengers'. It is live only.
func (d *Dispatcher) SystemToAll(_ context.Context, app im.AppID, s SystemMessage) error {
	const op = "dispatch.SystemToAll"
	if err := checkIDs(op, app); err != nil {
		return err
	}
	if err := checkBody(op, s.Body); err != nil {
		return err
	}
	said := &pb.Said{Content: &pb.Content{Media: s.Media, Body: s.Body}, Remark: s.Remark, Push: s.Push}
	d.opts.Broadcast(app, &pb.Delivery{System: true, Ts: int64(d.opts.Now()), Said: said})
	return nil
}

// ClearHistory hides all messages of a group that were stored before. Their numbers are not used again. im.NotFound when
// there is no such group, im.Invalid when the address is not a group's.
func (d *Dispatcher) ClearHistory(ctx context.Context, group im.Address) error {
	const op = "dispatch.ClearHistory"
	if group.Kind != im.KindGroup {
		return im.E(op, im.Invalid, "not a group")
	}
	return d.change(ctx, op, group, nil, &pb.Command{Body: &pb.Command_ClearHistory{ClearHistory: &pb.ClearHistory{}}})
}
