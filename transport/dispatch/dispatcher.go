package dispatch

import (
	"context"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Dispatcher sends commands to actors. Safe for concurrent use.
type Dispatcher struct{ opts Options }

// New returns a Dispatcher. It panics without Actors.
func New(opts Options) *Dispatcher {
	if opts.Actors == nil {
		panic("dispatch: Options.Actors is nil")
	}
	opts.EnsureDefaults()
	return &Dispatcher{opts: opts}
}

// Say stores a message for a friend or a group; im.NotPermitted when the two are not friends, or From is no member,
// im.NotFound when To does not exist. It answers once a majority has the message on disk. For a room there is SayLive.
func (d *Dispatcher) Say(ctx context.Context, s Say) (Said, error) {
	const op = "dispatch.Say"
	to, err := storing(op, s)
	if err != nil {
		return Said{}, err
	}
	began := time.Now()
	r, err := d.do(ctx, op, to, d.sayCommand(s))
	if err != nil {
		return Said{}, d.whyNotSaid(ctx, s.To, err)
	}
	d.opts.ObserveSay(time.Since(began))
	return saidOf(r.GetSay()), nil
}

// storing returns the address whose log takes s.
func storing(op string, s Say) (im.Address, error) {
	if err := checkSay(op, s); err != nil {
		return im.Address{}, err
	}
	switch s.To.Kind {
	case im.KindUser:
		return friendDialog(op, s)
	case im.KindGroup:
		return s.To, checkGathering(op, s.To)
	default:
		return im.Address{}, im.E(op, im.Unsupported, "")
	}
}

func friendDialog(op string, s Say) (im.Address, error) {
	to := im.UserID(s.To.ID)
	if err := checkIDs(op, s.To.App, to); err != nil {
		return im.Address{}, err
	}
	if s.From == to {
		return im.Address{}, im.E(op, im.NotPermitted, "nobody is their own friend")
	}
	return im.FriendDialog(s.To.App, s.From, to), nil
}

// whyNotSaid tells a stranger from a user who does not exist: a dialog knows its relation only. A group knows whether
// it exists.
func (d *Dispatcher) whyNotSaid(ctx context.Context, to im.Address, err error) error {
	if to.Kind != im.KindUser || im.KindOf(err) != im.NotPermitted {
		return err
	}
	if _, unknown := d.Profile(ctx, to.App, im.UserID(to.ID)); im.KindOf(unknown) == im.NotFound && unknown != nil {
		return im.E("dispatch.Say", im.NotFound, "no such user")
	}
	return err
}

func (d *Dispatcher) sayCommand(s Say) *pb.Command {
	id := clientCommandID(s.From, s.ClientID)
	if s.ClientID == "" {
		id = d.opts.NewID()
	}
	return &pb.Command{Id: id, Body: sayBody(s)}
}
